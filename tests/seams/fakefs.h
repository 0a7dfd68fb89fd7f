/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SEAMS_FAKEFS_H
#define TESTS_SEAMS_FAKEFS_H
/*
 * Real files, with faults by plan: short and torn writes, EIO, ENOSPC, EINTR at the n-th call; a disk that is full after
 * room bytes; an fdatasync that lies (errnum 0). Hand &fs.ops to the code under test.
 */
#include "base/seams.h"
#include "seams/faultplan.h"

enum { FAKEFS_OPEN, FAKEFS_READ, FAKEFS_WRITE, FAKEFS_SYNC, FAKEFS_CLOSE, FAKEFS_RENAME, FAKEFS_UNLINK };

typedef struct fakefs {
	tel__fs_ops ops;
	faultplan plan;
	size_t room; /* bytes that still fit on the disk, SIZE_MAX = any */
} fakefs;

void fakefs_init(fakefs *fs);
/* faults are borrowed; counting starts again. */
void fakefs_plan(fakefs *fs, const fault *faults, size_t count);

#endif
