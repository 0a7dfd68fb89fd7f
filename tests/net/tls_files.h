/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_NET_TLS_FILES_H
#define TESTS_NET_TLS_FILES_H
/* Certificates of a server and a client on 127.0.0.1 as PEM files in a folder of their own, and an authority that signed
 * neither. */
#include "net/tls_certs.h"

typedef struct tls_files {
	tls_pair ca, other_ca, server, client;
	char dir[64];
	char ca_file[96], other_file[96], cert_file[96], key_file[96], client_file[96], client_key_file[96];
} tls_files;

void tls_files_make(tls_files *c);
void tls_files_free(tls_files *c);
#endif
