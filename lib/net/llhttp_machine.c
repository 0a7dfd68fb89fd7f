/* SPDX-License-Identifier: Apache-2.0 */
/* llhttp where no library of it is packaged: compiled from the C sources that the system installs (configure.ac). */
#include <llhttp.c>
