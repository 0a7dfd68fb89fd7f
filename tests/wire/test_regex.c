/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions against what Go's package regexp answers: each row was written by it. */
#include "seams/cm.h"

#include <stdio.h>

#include "base/dynbuf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "torture/torture.h"
#include "wire/regex.h"

#define TEST(f) cmocka_unit_test(f)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct { const char *pattern, *message; } errors[] = {
	{ "x{2}{3}", "error parsing regexp: invalid nested repetition operator: `{2}{3}`" },
	{ "(", "error parsing regexp: missing closing ): `(`" },
	{ "(a", "error parsing regexp: missing closing ): `(a`" },
	{ "a)", "error parsing regexp: unexpected ): `a)`" },
	{ "(?", "error parsing regexp: invalid or unsupported Perl syntax: `(?`" },
	{ "(?i", "error parsing regexp: invalid or unsupported Perl syntax: `(?i`" },
	{ "(?P<n", "error parsing regexp: invalid named capture: `(?P<n`" },
	{ "(?<n", "error parsing regexp: invalid named capture: `(?<n`" },
	{ "(?<=a)b", "error parsing regexp: invalid named capture: `(?<=a)b`" },
	{ "[", "error parsing regexp: missing closing ]: `[`" },
	{ "[a", "error parsing regexp: missing closing ]: `[a`" },
	{ "[]", "error parsing regexp: missing closing ]: `[]`" },
	{ "[[:foo:]]", "error parsing regexp: invalid character class range: `[:foo:]`" },
	{ "[[:^foo:]]", "error parsing regexp: invalid character class range: `[:^foo:]`" },
	{ "\\", "error parsing regexp: trailing backslash at end of expression: ``" },
	{ "[\\", "error parsing regexp: trailing backslash at end of expression: ``" },
	{ "\\pX", "error parsing regexp: invalid character class range: `\\pX`" },
	{ "\\p{Foo}", "error parsing regexp: invalid character class range: `\\p{Foo}`" },
	{ "\\p{", "error parsing regexp: invalid character class range: `\\p{`" },
	{ "\\p", "error parsing regexp: invalid character class range: `\\p`" },
	{ "\\p{^}", "error parsing regexp: invalid character class range: `\\p{^}`" },
	{ "\\x", "error parsing regexp: invalid escape sequence: `\\x`" },
	{ "\\xa", "error parsing regexp: invalid escape sequence: `\\xa`" },
	{ "\\xg0", "error parsing regexp: invalid escape sequence: `\\xg0`" },
	{ "\\x{}", "error parsing regexp: invalid escape sequence: `\\x{}`" },
	{ "\\x{110000}", "error parsing regexp: invalid escape sequence: `\\x{110000`" },
	{ "\\x{1", "error parsing regexp: invalid escape sequence: `\\x{1`" },
	{ "\\8", "error parsing regexp: invalid escape sequence: `\\8`" },
	{ "\\1", "error parsing regexp: invalid escape sequence: `\\1`" },
	{ "(a)\\1", "error parsing regexp: invalid escape sequence: `\\1`" },
	{ "(?P=n)", "error parsing regexp: invalid or unsupported Perl syntax: `(?P`" },
	{ "(?'n'a)", "error parsing regexp: invalid or unsupported Perl syntax: `(?'`" },
	{ "a\377", "error parsing regexp: invalid UTF-8: `\377`" },
	{ "[a\377]", "error parsing regexp: invalid UTF-8: `\377]`" },
	{ "\\p{a\377}", "error parsing regexp: invalid UTF-8: `\377`" },
	{ "(?P<\377>a)", "error parsing regexp: invalid UTF-8: `\377`" },
	{ "(?i)(?s", "error parsing regexp: invalid or unsupported Perl syntax: `(?s`" },
	{ "**", "error parsing regexp: missing argument to repetition operator: `*`" },
	{ "*", "error parsing regexp: missing argument to repetition operator: `*`" },
	{ "+", "error parsing regexp: missing argument to repetition operator: `+`" },
	{ "?", "error parsing regexp: missing argument to repetition operator: `?`" },
	{ "|*", "error parsing regexp: missing argument to repetition operator: `*`" },
	{ "(*)", "error parsing regexp: missing argument to repetition operator: `*`" },
	{ "(|*a)", "error parsing regexp: missing argument to repetition operator: `*`" },
	{ "a**", "error parsing regexp: invalid nested repetition operator: `**`" },
	{ "a++", "error parsing regexp: invalid nested repetition operator: `++`" },
	{ "a+*", "error parsing regexp: invalid nested repetition operator: `+*`" },
	{ "a?+", "error parsing regexp: invalid nested repetition operator: `?+`" },
	{ "a{2,1}", "error parsing regexp: invalid repeat count: `{2,1}`" },
	{ "a{1001}", "error parsing regexp: invalid repeat count: `{1001}`" },
	{ "a{2,1001}", "error parsing regexp: invalid repeat count: `{2,1001}`" },
	{ "a{1001,}", "error parsing regexp: invalid repeat count: `{1001,}`" },
	{ "(?:a{100}){100}", "error parsing regexp: invalid repeat count: `{100}`" },
	{ "(?:(?:a{10}){10}){11}", "error parsing regexp: invalid repeat count: `{11}`" },
	{ "a{100000000000}", "error parsing regexp: invalid repeat count: `{100000000000}`" },
	{ "(?i-)", "error parsing regexp: invalid or unsupported Perl syntax: `(?i-)`" },
	{ "(?-)", "error parsing regexp: invalid or unsupported Perl syntax: `(?-)`" },
	{ "x**?", "error parsing regexp: invalid nested repetition operator: `**?`" },
	{ "\\C", "error parsing regexp: invalid escape sequence: `\\C`" },
	{ "\\\303\251", "error parsing regexp: invalid escape sequence: `\\\303\251`" },
	{ "(?P>n)", "error parsing regexp: invalid or unsupported Perl syntax: `(?P`" },
	{ "[a-\\d]", "error parsing regexp: invalid escape sequence: `\\d`" },
	{ "\\G", "error parsing regexp: invalid escape sequence: `\\G`" },
	{ "\\h", "error parsing regexp: invalid escape sequence: `\\h`" },
	{ "\\R", "error parsing regexp: invalid escape sequence: `\\R`" },
	{ "\\K", "error parsing regexp: invalid escape sequence: `\\K`" },
	{ "\\N", "error parsing regexp: invalid escape sequence: `\\N`" },
	{ "\\Z", "error parsing regexp: invalid escape sequence: `\\Z`" },
	{ "\\y", "error parsing regexp: invalid escape sequence: `\\y`" },
	{ "\\b*+", "error parsing regexp: invalid nested repetition operator: `*+`" },
	{ "\\X", "error parsing regexp: invalid escape sequence: `\\X`" },
	{ "\\k<a>", "error parsing regexp: invalid escape sequence: `\\k`" },
	{ "\\g1", "error parsing regexp: invalid escape sequence: `\\g`" },
	{ "(?P<>a)", "error parsing regexp: invalid named capture: `(?P<>`" },
	{ "(?P<a b>a)", "error parsing regexp: invalid named capture: `(?P<a b>`" },
	{ "(?<!a)", "error parsing regexp: invalid named capture: `(?<!a)`" },
	{ "(?=a)", "error parsing regexp: invalid or unsupported Perl syntax: `(?=`" },
	{ "(?!a)", "error parsing regexp: invalid or unsupported Perl syntax: `(?!`" },
	{ "(?>a)", "error parsing regexp: invalid or unsupported Perl syntax: `(?>`" },
	{ "(?|a)", "error parsing regexp: invalid or unsupported Perl syntax: `(?|`" },
	{ "(?R)", "error parsing regexp: invalid or unsupported Perl syntax: `(?R`" },
	{ "(?1)", "error parsing regexp: invalid or unsupported Perl syntax: `(?1`" },
	{ "(?&n)", "error parsing regexp: invalid or unsupported Perl syntax: `(?&`" },
	{ "(?(1)a)", "error parsing regexp: invalid or unsupported Perl syntax: `(?(`" },
	{ "(?#c)", "error parsing regexp: invalid or unsupported Perl syntax: `(?#`" },
	{ "(?x)a", "error parsing regexp: invalid or unsupported Perl syntax: `(?x`" },
	{ "(?a)", "error parsing regexp: invalid or unsupported Perl syntax: `(?a`" },
	{ "(*UTF)a", "error parsing regexp: missing argument to repetition operator: `*`" },
	{ "[z-a]", "error parsing regexp: invalid character class range: `z-a`" },
	{ "a\\Q\377", "error parsing regexp: invalid UTF-8: `\377`" },
	{ "(?i)*", "error parsing regexp: missing argument to repetition operator: `*`" },
	{ "^**", "error parsing regexp: invalid nested repetition operator: `**`" },
	{ "(?--i)", "error parsing regexp: invalid or unsupported Perl syntax: `(?--`" },
	{ "(?i-s-m)", "error parsing regexp: invalid or unsupported Perl syntax: `(?i-s-`" },
	{ "((a)", "error parsing regexp: missing closing ): `((a)`" },
	{ "a{2}*", "error parsing regexp: invalid nested repetition operator: `{2}*`" },
};

/* Groups as "from-to", "?" where one took no part, "-" for no match. */
static const struct { const char *pattern, *subject; size_t len; const char *groups; } matches[] = {
	{ "", "", 0, "0-0" },
	{ "", "abc", 3, "0-0" },
	{ "a", "", 0, "-" },
	{ "a", "a", 1, "0-1" },
	{ "a", "xay", 3, "1-2" },
	{ "a", "aa", 2, "0-1" },
	{ "abc", "xxabcabc", 8, "2-5" },
	{ "abc", "ab", 2, "-" },
	{ "a|b", "xbx", 3, "1-2" },
	{ "a|b", "c", 1, "-" },
	{ "a.c", "abc", 3, "0-3" },
	{ "a.c", "a\012c", 3, "-" },
	{ "a.c", "a\377c", 3, "0-3" },
	{ "a.c", "a\303\251c", 4, "0-4" },
	{ "a.c", "ac", 2, "-" },
	{ "(?s)a.c", "a\012c", 3, "0-3" },
	{ "^a", "ab", 2, "0-1" },
	{ "^a", "ba", 2, "-" },
	{ "^a", "\012a", 2, "-" },
	{ "a$", "ba", 2, "1-2" },
	{ "a$", "a\012", 2, "-" },
	{ "a$", "a\012a", 3, "2-3" },
	{ "(?m)^a$", "b\012a", 3, "2-3" },
	{ "(?m)^a$", "a\012", 2, "0-1" },
	{ "(?m)^a$", "b\012a\012c", 5, "2-3" },
	{ "(?m)^", "\012", 1, "0-0" },
	{ "\\Aa\\z", "a", 1, "0-1" },
	{ "\\Aa\\z", "a\012", 2, "-" },
	{ "(a+)(b+)", "xaabbb", 6, "1-6 1-3 3-6" },
	{ "(a+)(b+)", "ab", 2, "0-2 0-1 1-2" },
	{ "(a+)(b+)", "b", 1, "-" },
	{ "(a)|(b)", "b", 1, "0-1 ? 0-1" },
	{ "(a)|(b)", "a", 1, "0-1 0-1 ?" },
	{ "(a(b)?)+", "aba", 3, "0-3 2-3 1-2" },
	{ "(a(b)?)+", "ab", 2, "0-2 0-2 1-2" },
	{ "(?:a(b)?)+", "aba", 3, "0-3 1-2" },
	{ "a+?", "aaa", 3, "0-1" },
	{ "(?U)a+", "aaa", 3, "0-1" },
	{ "(?U)a+?", "aaa", 3, "0-3" },
	{ "(?U:a*)(a*)", "aaa", 3, "0-3 0-3" },
	{ "a{2,3}", "a", 1, "-" },
	{ "a{2,3}", "aaaa", 4, "0-3" },
	{ "a{2}?", "aaa", 3, "0-2" },
	{ "a{,2}", "a{,2}", 5, "0-5" },
	{ "a{01}", "a{01}", 5, "0-5" },
	{ "a{", "a{", 2, "0-2" },
	{ "x{1}{", "x{", 2, "0-2" },
	{ "\\d+", "a12", 3, "1-3" },
	{ "\\d+", "\331\241\331\242", 4, "-" },
	{ "\\w+", "\303\251_a1", 5, "2-5" },
	{ "\\s+", "a \011\013", 4, "1-3" },
	{ "\\s+", "\013", 1, "-" },
	{ "\\s+", "\302\240", 2, "-" },
	{ "\\S+", " \013a ", 4, "1-3" },
	{ "[\\s]+", "\013\011", 2, "1-2" },
	{ "[^\\S]", "\013", 1, "-" },
	{ "[^\\S]", " ", 1, "0-1" },
	{ "[\\S]", "\013", 1, "0-1" },
	{ "[\\S]", " ", 1, "-" },
	{ "\\D\\W", "a-", 2, "0-2" },
	{ "\\D\\W", "1\303\251", 3, "-" },
	{ "[\\D]", "1", 1, "-" },
	{ "[\\D]", "\303\251", 2, "0-2" },
	{ "[^\\d\\w]", "a1_-", 4, "3-4" },
	{ "\\bfoo\\b", "a foo b", 7, "2-5" },
	{ "\\bfoo\\b", "foobar", 6, "-" },
	{ "\\bfoo\\b", "\303\251foo", 5, "2-5" },
	{ "\\Boo", "foo", 3, "1-3" },
	{ "\\Boo", "oo", 2, "-" },
	{ "[a-c]+", "xabcd", 5, "1-4" },
	{ "[^a-c]+", "abcd\303\251\012", 7, "3-7" },
	{ "[]a]+", "a]", 2, "0-2" },
	{ "[^]a]+", "a]b", 3, "2-3" },
	{ "[a-]+", "-a-", 3, "0-3" },
	{ "[-a]+", "-a", 2, "0-2" },
	{ "[--/]", ".", 1, "0-1" },
	{ "[--/]", "-", 1, "0-1" },
	{ "[--/]", "+", 1, "-" },
	{ "[\\d-z]+", "1-z", 3, "0-3" },
	{ "[\\d-z]+", "b", 1, "-" },
	{ "[[:alpha:]]+[[:^alpha:]]", "ab1", 3, "0-3" },
	{ "[[:alpha:]]+[[:^alpha:]]", "ab\303\251", 4, "0-4" },
	{ "[[:word:]\\-]+", "a_-", 3, "0-3" },
	{ "[[:space:]]", "\013", 1, "0-1" },
	{ "[[:punct:]]+", "a!~^", 4, "1-4" },
	{ "[[a]", "[", 1, "0-1" },
	{ "[[:alpha]", ":", 1, "0-1" },
	{ "[a\\]]", "]", 1, "0-1" },
	{ "[\\x{e9}\\n]", "\303\251", 2, "0-2" },
	{ "[\\x{e9}\\n]", "\012", 1, "0-1" },
	{ "(?i)k", "K", 1, "0-1" },
	{ "(?i)k", "\342\204\252", 3, "0-3" },
	{ "(?i)straSSe", "STRASSE", 7, "0-7" },
	{ "(?i)straSSe", "stra\305\277\305\277e", 9, "0-9" },
	{ "(?i)[a-z]+", "AB\305\277", 4, "0-4" },
	{ "(?i:a)b", "Ab", 2, "0-2" },
	{ "(?i:a)b", "AB", 2, "-" },
	{ "a(?i)b|c", "aB", 2, "0-2" },
	{ "a(?i)b|c", "C", 1, "0-1" },
	{ "a(?i)b|c", "AB", 2, "-" },
	{ "(a(?i)b)c", "aBc", 3, "0-3 0-2" },
	{ "(a(?i)b)c", "aBC", 3, "-" },
	{ "(?i)a(?-i)b", "Ab", 2, "0-2" },
	{ "(?i)a(?-i)b", "AB", 2, "-" },
	{ "(?i)\303\211", "\303\251", 2, "0-2" },
	{ "(?i)[^x]", "X", 1, "-" },
	{ "(?i)[^x]", "y", 1, "0-1" },
	{ "(?i)\\x{3c3}", "\316\243", 2, "0-2" },
	{ "(?i)\\x{3c3}", "\317\202", 2, "0-2" },
	{ "\\pN", "a\331\243", 3, "1-3" },
	{ "\\p{Greek}+", "ab\316\263\316\264", 6, "2-6" },
	{ "\\P{Greek}", "\316\263a", 3, "2-3" },
	{ "\\p{^Greek}", "\316\263a", 3, "2-3" },
	{ "[\\p{Lu}\\d]+", "a\303\2111", 4, "1-4" },
	{ "[^\\pL]", "a1", 2, "1-2" },
	{ "\\p{lu}", "aB", 2, "1-2" },
	{ "(?i)\\p{Lu}", "b", 1, "0-1" },
	{ "\\p{Letter}\\p{Decimal_Number}", "a1", 2, "0-2" },
	{ "\\p{Any}", "\012", 1, "0-1" },
	{ "\\p{L}", "1\303\251", 3, "1-3" },
	{ "\\Qa.b*\\E+", "a.b**", 5, "0-5" },
	{ "\\Qa.b*\\E+", "axb", 3, "-" },
	{ "\\Q\\\\E", "\\", 1, "0-1" },
	{ "\\Qab", "ab", 2, "0-2" },
	{ "\\x41\\101\\x{42}\\a\\f\\t\\n\\r\\v\\0", "AAB\007\014\011\012\015\013\000", 10, "0-10" },
	{ "\\_\\-\\.\\/", "_-./", 4, "0-4" },
	{ "\\07", "\007", 1, "0-1" },
	{ "\\12", "\012", 1, "0-1" },
	{ "a(?i)*", "aaA", 3, "0-2" },
	{ "a*(?i)+", "aaA", 3, "0-2" },
	{ "^*", "a", 1, "0-0" },
	{ "(^)*a", "ba", 2, "1-2 ?" },
	{ "\\b+a", " a", 2, "1-2" },
	{ "(|a)b", "ab", 2, "0-2 0-1" },
	{ "a||b", "b", 1, "0-0" },
	{ "()", "a", 1, "0-0 0-0" },
	{ "(a|ab)(c|bcd)(d*)", "abcd", 4, "0-4 0-1 1-4 4-4" },
	{ "(a*)*", "b", 1, "0-0 0-0" },
	{ "(a*)+", "b", 1, "0-0 0-0" },
	{ "(?:)*a", "a", 1, "0-1" },
	{ "(?P<x>a)(?<y>b)", "ab", 2, "0-2 0-1 1-2" },
	{ "\303\251", "x\303\251", 3, "1-3" },
	{ "\342\202\254|\360\237\230\200", "\360\237\230\200", 4, "0-4" },
	{ "\\x{fffd}", "\377", 1, "0-1" },
	{ "\\x{fffd}", "\342\202", 2, "0-1" },
	{ "\\x{fffd}", "\357\277\275", 3, "0-3" },
	{ "[^a]", "\377", 1, "0-1" },
	{ ".", "\342\202", 2, "0-1" },
	{ ".", "\360\237\230\200", 4, "0-4" },
	{ "^.{2}$", "\342\202", 2, "0-2" },
	{ "^.{2}$", "\303\251\377", 3, "0-3" },
	{ "foo.*", "afoob\012c", 7, "1-5" },
	{ "foo.*", "fo", 2, "-" },
	{ ".*foo", "a\012bfoo", 6, "2-6" },
	{ ".*foo", "fo", 2, "-" },
	{ ".*foo.*", "a\012bfoo\012", 7, "2-6" },
	{ "^foo.*bar$", "fooxbar", 7, "0-7" },
	{ "^foo.*bar$", "foobar", 6, "0-6" },
	{ "^foo.*bar$", "fobar", 5, "-" },
	{ "^foo.*bar$", "foo\012bar", 7, "-" },
	{ "^foo.+bar$", "foobar", 6, "-" },
	{ "^foo.+bar$", "foo\303\251bar", 8, "0-8" },
	{ "^foo.*", "foo\012", 4, "0-3" },
	{ "^foo.*", "xfoo", 4, "-" },
	{ "^foo.+", "foo", 3, "-" },
	{ "^foo.+", "foo\012", 4, "-" },
	{ "^foo.+", "foox", 4, "0-4" },
	{ "^foo.+r", "foor", 4, "-" },
	{ "^foo.+r", "fooxr", 5, "0-5" },
	{ "^foo.+r", "foo\012r", 5, "-" },
	{ "^(foo)(.*)$", "foobar", 6, "0-6 0-3 3-6" },
	{ "^foo_(.+)_bar$", "foo_x_bar", 9, "0-9 4-5" },
	{ "^foo_(.+)_bar$", "foo__bar", 8, "-" },
	{ "(.*)", "ab\012c", 4, "0-2 0-2" },
	{ "(.*)", "", 0, "0-0 0-0" },
	{ "(.+)", "\012ab", 3, "1-3 1-3" },
	{ "(.+)", "", 0, "-" },
	{ "^k8s.node.*", "k8s.node.cpu", 12, "0-12" },
	{ "^k8s.node.*", "k8s\303\251node", 9, "0-9" },
	{ "^k8s.node.*", "k8s\012node", 8, "-" },
	{ "envoy_.*|istio_.*", "x istio_a", 9, "2-9" },
	{ "envoy_.*|istio_.*", "foo", 3, "-" },
	{ "^(?:a|b|c|d|e|f|g|h|i)$", "e", 1, "0-1" },
	{ "^(?:a|b|c|d|e|f|g|h|i)$", "ee", 2, "-" },
	{ "^(?:a|b|c|d|e|f|g|h|i)$", "", 0, "-" },
	{ "^(a|bb|c|d|e|f|g|h|i)$", "bb", 2, "0-2 0-2" },
	{ "^(a|bb|c|d|e|f|g|h|i)$", "b", 1, "-" },
	{ "^a|b$", "ax", 2, "0-1" },
	{ "^a|b$", "xb", 2, "1-2" },
	{ "^a|b$", "xax", 3, "-" },
	{ "^$", "", 0, "0-0" },
	{ "^$", "a", 1, "-" },
	{ "$", "a", 1, "1-1" },
	{ "^(a.c)$", "abc", 3, "0-3 0-3" },
	{ "^(a.c)$", "a\012c", 3, "-" },
	{ "a.*|^b", "ba", 2, "0-1" },
	{ "(a)(b)c", "xabc", 4, "1-4 1-2 2-3" },
	{ "^(a)b(c)$", "abc", 3, "0-3 0-1 2-3" },
};

static const struct {
	const char *pattern, *subject;
	size_t len;
	const char *text, *result;
	size_t result_len;
} replaces[] = {
	{ "a", "banana", 6, "x", "bxnxnx", 6 },
	{ "a*", "baaac", 5, "x", "xbxcx", 5 },
	{ "a*", "\303\251\377a", 4, "-", "-\303\251-\377-", 6 },
	{ "(a)(b)?", "ab a", 4, "[$1|$2|$0]", "[a|b|ab] [a||a]", 15 },
	{ "(?P<n>\\w+) (\\w+)", "hello world", 11, "$2 ${n}!", "world hello!", 12 },
	{ "a", "a", 1, "$1x", "", 0 },
	{ "(a)", "a", 1, "$1x", "", 0 },
	{ "(a)", "a", 1, "${1}x", "ax", 2 },
	{ "(a)", "a", 1, "$1-x", "a-x", 3 },
	{ "(a)", "a", 1, "$$1", "$1", 2 },
	{ "(a)", "a", 1, "$", "$", 1 },
	{ "(a)", "a", 1, "$-", "$-", 2 },
	{ "(a)", "a", 1, "${1", "${1", 3 },
	{ "(a)", "a", 1, "${}", "${}", 3 },
	{ "(a)", "a", 1, "${1x}", "", 0 },
	{ "(a)", "a", 1, "$01", "", 0 },
	{ "(a)", "a", 1, "$2", "", 0 },
	{ "(a)", "a", 1, "$1\303\251", "", 0 },
	{ "(a)", "a", 1, "$1\342\206\222", "a\342\206\222", 4 },
	{ "(a)", "a", 1, "$99999999999", "", 0 },
	{ "^", "abc", 3, "x", "xabc", 4 },
	{ "$", "abc", 3, "x", "abcx", 4 },
	{ "\\b", "ab cd", 5, "|", "|ab| |cd|", 9 },
	{ "b|", "abc", 3, "-", "-a-c-", 5 },
	{ ".", "a\377b", 3, "<$0>", "<a><\377><b>", 9 },
	{ "(?P<d>a)|(?P<d>b)", "ab", 2, "<$d>", "<a><b>", 6 },
	{ "^a", "aaa", 3, "x", "xaa", 3 },
	{ "a$", "aaa", 3, "x", "aax", 3 },
	{ "a.*", "xaby\012a", 6, "z", "xz\012z", 4 },
	{ "(.+)", "ab\012cd", 5, "<$1>", "<ab>\012<cd>", 9 },
	{ "ab", "xababy", 6, "$0$0", "xababababy", 10 },
	{ "", "ab", 2, "-", "-a-b-", 5 },
};

static tel__regex *compile(const char *pattern, unsigned flags)
{
	tel__regex *re = NULL;
	tel_error err = TEL_ERROR_INIT;
	tel_err rc = tel__regex_new(NULL, tel__slice_str(pattern), flags, &re, &err);

	if (rc != TEL_OK)
		fail_msg("%s: %s", pattern, err.msg);
	return re;
}

static tel__regex_run *new_run(void)
{
	tel__regex_run *run = NULL;

	assert_ok(tel__regex_run_new(NULL, &run));
	return run;
}

static const char *describe(const tel__regex *re, const tel__regex_run *run, bool found, char *out, size_t cap)
{
	size_t at = 0;

	if (!found)
		return "-";
	for (size_t i = 0; i < tel__regex_groups(re); i++) {
		tel__regex_span s = tel__regex_span_get(run, i);
		const char *space = i ? " " : "";
		at += (size_t)(s.from == TEL__REGEX_UNSET ? snprintf(out + at, cap - at, "%s?", space)
		                                          : snprintf(out + at, cap - at, "%s%zu-%zu", space, s.from, s.to));
	}
	return out;
}

static void what_go_refuses_is_refused_in_its_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(errors); i++) {
		tel_error err = TEL_ERROR_INIT;
		tel_err rc = tel__regex_check(NULL, tel__slice_str(errors[i].pattern), 0, &err);
		const char *same = strstr(errors[i].message, "UTF-8") ? "error parsing regexp: invalid UTF-8: `" : errors[i].message;
		if (rc != TEL_ERR_MALFORMED || strncmp(err.msg, same, strlen(same)) != 0)
			fail_msg("%s: got %d %s, Go says %s", errors[i].pattern, rc, err.msg, errors[i].message);
		assert_true(err.offset <= strlen(errors[i].pattern));
	}
}

static void check_matches(bool linear)
{
	tel__regex_run *run = new_run();
	char text[256];
	size_t wrong = 0;

	if (linear)
		tel__regex_run_force_linear(run);
	for (size_t i = 0; i < COUNT(matches); i++) {
		tel_slice subject = { matches[i].subject, matches[i].len };
		tel__regex *re = compile(matches[i].pattern, 0);
		bool found = false, yes = false;
		const char *got;

		assert_ok(tel__regex_test(run, re, subject, &yes, NULL));
		assert_ok(tel__regex_find(run, re, subject, &found, NULL));
		got = describe(re, run, found, text, sizeof(text));
		if (strcmp(got, matches[i].groups) != 0 || yes != found) {
			print_error("%s in \"%s\" (%s): %s, test says %d, Go says %s\n", matches[i].pattern, matches[i].subject,
			            tel__regex_method(re), got, yes, matches[i].groups);
			wrong++;
		}
		tel__regex_free(re);
	}
	tel__regex_run_free(run);
	assert_int_equal(wrong, 0);
}

static void matches_and_groups_are_those_of_go(void **state)
{
	(void)state;
	check_matches(false);
}

static void so_are_those_without_backtracking(void **state)
{
	(void)state;
	check_matches(true);
}

static void replacing_is_that_of_go(void **state)
{
	tel__regex_run *run = new_run();
	(void)state;
	for (size_t i = 0; i < COUNT(replaces); i++) {
		tel__regex *re = compile(replaces[i].pattern, 0);
		tel__dynbuf out;
		size_t count;

		tel__dynbuf_init(&out, NULL, 1000);
		assert_ok(tel__regex_replace_all(run, re, (tel_slice){ replaces[i].subject, replaces[i].len },
		                                 tel__slice_str(replaces[i].text), &out, &count, NULL));
		if (out.len != replaces[i].result_len || (out.len && memcmp(out.ptr, replaces[i].result, out.len) != 0))
			fail_msg("%s in %s by %s: %.*s, Go says %s", replaces[i].pattern, replaces[i].subject, replaces[i].text,
			         (int)out.len, out.ptr, replaces[i].result);
		tel__dynbuf_fini(&out);
		tel__regex_free(re);
	}
	tel__regex_run_free(run);
}

static void prometheus_anchors_the_whole(void **state)
{
	static const struct { const char *pattern, *subject; bool yes; const char *method; } rows[] = {
		{ "a|b", "b", true, "choice" },          { "a|b", "ab", false, "choice" },
		{ "(.*)", "", true, "affixes" },         { ".*", "a\nb", true, "affixes" },
		{ ".+", "", false, "affixes" },          { "foo", "foo", true, "literal" },
		{ "foo", "xfoo", false, "literal" },     { "", "", true, "literal" },
		{ "", "a", false, "literal" },           { "^foo$", "foo", true, "literal" },
		{ "a.b", "a\nb", true, "affixes" },      { ".*foo.*", "xfoo\n", true, "affixes" },
		{ "(?i)foo", "FOO", true, "engine" },    { "Pending|Succeeded|Failed", "Failed", true, "choice" },
		{ "(true)", "true", true, "literal" },
		{ "__meta_kubernetes_pod_label_(.+)", "__meta_kubernetes_pod_label_a", true, "affixes" },
		{ "([^:]+)(?::\\d+)?;(\\d+)", "10.0.0.1:80;90", true, "engine" },
		{ "a|b|c|d|e|f|g|h|i|j", "j", true, "choice" },
		{ "a|b|c|d|e|f|g|h|i|j", "k", false, "choice" },
	};
	tel__regex_run *run = new_run();
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		tel__regex *re = compile(rows[i].pattern, TEL__REGEX_PROMETHEUS);
		bool yes = !rows[i].yes;
		assert_ok(tel__regex_test(run, re, tel__slice_str(rows[i].subject), &yes, NULL));
		if (yes != rows[i].yes || strcmp(tel__regex_method(re), rows[i].method) != 0)
			fail_msg("%s in %s: %d by %s", rows[i].pattern, rows[i].subject, yes, tel__regex_method(re));
		tel__regex_free(re);
	}
	tel__regex_run_free(run);
}

static void prometheus_quotes_its_anchors(void **state)
{
	tel_error err = TEL_ERROR_INIT;
	(void)state;
	assert_err(tel__regex_check(NULL, TEL_SLICE_LIT("(?<=a)b"), TEL__REGEX_PROMETHEUS, &err), TEL_ERR_MALFORMED);
	assert_string_equal(err.msg, "error parsing regexp: invalid named capture: `(?<=a)b)$`");
	assert_int_equal(err.offset, 0);
	assert_err(tel__regex_check(NULL, TEL_SLICE_LIT("(a"), TEL__REGEX_PROMETHEUS, &err), TEL_ERR_MALFORMED);
	assert_string_equal(err.msg, "error parsing regexp: missing closing ): `^(?s:(a)$`");
}

static void names_of_groups_are_known(void **state)
{
	tel__regex *re = compile("(a)(?P<x>b)(?<y_1>c)", 0);
	(void)state;
	assert_int_equal(tel__regex_groups(re), 4);
	assert_slice(tel__regex_group_name(re, 0), "");
	assert_slice(tel__regex_group_name(re, 1), "");
	assert_slice(tel__regex_group_name(re, 2), "x");
	assert_slice(tel__regex_group_name(re, 3), "y_1");
	assert_slice(tel__regex_group_name(re, 4), "");
	tel__regex_free(re);
}

static void fill(char *text, size_t len, char c, char last)
{
	memset(text, c, len);
	text[len - 1] = last;
}

static void tricks_end(void **state)
{
	static const char *const patterns[] = { "(a+)+$", "(a|aa)+$", "(a|a?)+b$", "a.*b", "[^b]*c", "(.*)(.*)(.*)(.*)(.*)[^a]b$",
	                                        "(?:a?){30}a{30}$", "(x+x+)+y" };
	static char text[100000];
	tel__regex_run *run = new_run();
	(void)state;
	fill(text, sizeof(text), 'a', '!');
	for (size_t i = 0; i < COUNT(patterns); i++) {
		tel__regex *re = compile(patterns[i], 0);
		for (size_t len = 10; len <= sizeof(text); len *= 10) {
			bool yes = true, found = true;
			tel_slice subject = { text + sizeof(text) - len, len };
			if (tel__regex_test(run, re, subject, &yes, NULL) != TEL_OK || yes)
				fail_msg("%s in %zu bytes: %d", patterns[i], len, yes);
			if (tel__regex_find(run, re, subject, &found, NULL) != TEL_OK || found)
				fail_msg("%s in %zu bytes: found", patterns[i], len);
		}
		tel__regex_free(re);
	}
	tel__regex_run_free(run);
}

static void sizes_are_bounded(void **state)
{
	static char deep[TEL_LIMIT_REGEX_BYTES + 2];
	tel_error err = TEL_ERROR_INIT;
	(void)state;
	memset(deep, '(', sizeof(deep));
	assert_err(tel__regex_check(NULL, (tel_slice){ deep, sizeof(deep) }, 0, &err), TEL_ERR_LIMIT);
	assert_err(tel__regex_check(NULL, (tel_slice){ deep, 1002 }, 0, &err), TEL_ERR_LIMIT);
	assert_non_null(strstr(err.msg, "expression nests too deeply"));
	memset(deep + 900, ')', 900);
	assert_ok(tel__regex_check(NULL, (tel_slice){ deep, 1800 }, 0, &err));
	assert_err(tel__regex_check(NULL, TEL_SLICE_LIT("((((x{10}){10}){10}\\pL{1000}){2}"), 0, &err), TEL_ERR_MALFORMED);
	assert_err(tel__regex_check(NULL, TEL_SLICE_LIT("(?:[a-z][0-9][x-z][^a][bc][de]*)(?:abcdefghij{0,1000}.(abcd[^f]){1000}){1}"
	                                                "(?:[ab][bc][de]){1000}(?:[ab][bc][de]){1000}(?:[ab][bc][de]){1000}"), 0, &err),
	           TEL_ERR_LIMIT);
	assert_non_null(strstr(err.msg, "expression too large"));
}

static tel_err scenario(const tel_alloc *alloc, void *user)
{
	const char *pattern = user;
	tel__regex *re = NULL;
	tel__regex_run *run = NULL;
	tel__dynbuf out;
	size_t count = 0;
	bool yes = false;
	tel_err rc = tel__regex_new(alloc, tel__slice_str(pattern), 0, &re, NULL);

	if (rc != TEL_OK) {
		assert_null(re);
		return rc;
	}
	tel__dynbuf_init(&out, alloc, 1000);
	rc = tel__regex_run_new(alloc, &run);
	if (rc == TEL_OK)
		rc = tel__regex_test(run, re, TEL_SLICE_LIT("xab\xff b ab"), &yes, NULL);
	if (rc == TEL_OK)
		rc = tel__regex_replace_all(run, re, TEL_SLICE_LIT("xab\xff b ab"), TEL_SLICE_LIT("<$1>"), &out, &count, NULL);
	if (rc == TEL_OK) {
		assert_true(yes);
		assert_true(count > 0);
	}
	tel__dynbuf_fini(&out);
	tel__regex_run_free(run);
	tel__regex_free(re);
	return rc;
}

static void memory_may_run_out(void **state)
{
	static const char *const patterns[] = { "(?P<n>a)b", "ab", "(a)[b-c]", "a|b|c|d|e|f|g|h|i", "^(?:x.*b)$",
	                                        "\\p{Greek}|(?i:B)", "((?i)x*)*([^q]b)+" };
	(void)state;
	for (size_t i = 0; i < COUNT(patterns); i++)
		torture_alloc(scenario, (void *)(uintptr_t)patterns[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_go_refuses_is_refused_in_its_words),
		TEST(matches_and_groups_are_those_of_go),
		TEST(so_are_those_without_backtracking),
		TEST(replacing_is_that_of_go),
		TEST(prometheus_anchors_the_whole),
		TEST(prometheus_quotes_its_anchors),
		TEST(names_of_groups_are_known),
		TEST(tricks_end),
		TEST(sizes_are_bounded),
		TEST(memory_may_run_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
