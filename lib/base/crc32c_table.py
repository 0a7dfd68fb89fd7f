#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Writes crc32c_table.h: python3 crc32c_table.py > crc32c_table.h
print("/* SPDX-License-Identifier: Apache-2.0 */")
print("/* Made by crc32c_table.py: the reflected polynomial 0x82f63b78, one byte at a time. */")
print("#ifndef TEL_BASE_CRC32C_TABLE_H\n#define TEL_BASE_CRC32C_TABLE_H\n#include <stdint.h>\n")
print("static const uint32_t tel__crc32c_table[256] = {")
row = []
for i in range(256):
    c = i
    for _ in range(8):
        c = (c >> 1) ^ (0x82F63B78 if c & 1 else 0)
    row.append("0x%08x," % c)
    if len(row) == 8:
        print("\t" + " ".join(row))
        row = []
print("};\n#endif")
