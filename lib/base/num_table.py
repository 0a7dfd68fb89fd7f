#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Writes num_table.h: python3 num_table.py > num_table.h
MOST = 64


def power(e):
    """The first 128 bits of 10^e, cut off."""
    if e >= 0:
        value = 10**e
        shift = value.bit_length() - 128
        return value >> shift if shift > 0 else value << -shift
    value = (1 << (128 + 4 * -e)) // 10**-e
    return value >> (value.bit_length() - 128)


print("/* SPDX-License-Identifier: Apache-2.0 */")
print("/* Made by num_table.py: the first 128 bits of 10^e, high word first, cut off. */")
print("#ifndef TEL_BASE_NUM_TABLE_H\n#define TEL_BASE_NUM_TABLE_H\n#include <stdint.h>\n")
print("enum { TEL__NUM_TENS_MOST = %d };\n" % MOST)
print("static const uint64_t tel__num_tens[2 * TEL__NUM_TENS_MOST + 1][2] = {")
for e in range(-MOST, MOST + 1):
    p = power(e)
    assert p.bit_length() == 128
    print("\t{ 0x%016x, 0x%016x }, /* %d */" % (p >> 64, p & (2**64 - 1), e))
print("};\n#endif")
