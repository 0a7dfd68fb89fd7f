/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TORTURE_TORTURE_H
#define TESTS_TORTURE_TORTURE_H
/*
 * Runs a scenario again and again, each time with another allocation failing, until a run needs no failure: first each
 * one alone, then each one and all after it. Or feeds an incremental parser its input in pieces.
 */
#include <telemetry/alloc.h>
#include <telemetry/error.h>
#include <telemetry/slice.h>

/*
 * One scenario: makes its objects from alloc, uses and frees them, asserts what must hold on success, and returns the
 * first failure (TEL_ERR_NOMEM) or TEL_OK. TEL_OK although an allocation failed means that the loss was survivable; the
 * scenario has then checked that the result is right all the same. Outputs must be untouched on failure: the scenario
 * asserts it where it matters.
 */
typedef tel_err torture_scenario(const tel_alloc *alloc, void *user);

/* Fails the running cmocka test on a wrong answer, a leak, or a run that gave back what it did not take. */
void torture_alloc(torture_scenario *scenario, void *user);

/* Feeds pieces in order; the scenario asserts that the result equals the one of the whole text. */
typedef void torture_feed(const tel_slice *pieces, size_t count, void *user);

/* The whole text, byte by byte, and cut at every point (every step-th for texts over 4096 bytes). */
void torture_chunks(tel_slice text, torture_feed *feed, void *user);

#endif
