/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_ERROR_H
#define TELEMETRY_ERROR_H
/**
 * @defgroup tel_error Errors
 * Every call that can fail returns a tel_err and, when the caller offers a tel_error, says what and where.
 *
 * Ranges carry meaning: 1-99 the caller's argument or data, 100-199 the environment, 200-299 the remote side
 * answered, 900 and above the object can only be freed.
 * @{
 */
#include <telemetry/api.h>

TEL_BEGIN_DECLS

/** Result codes. 0 is success. */
typedef enum tel_err {
	TEL_OK = 0,                /**< success */
	TEL_ERR_ARG = 1,           /**< an argument is not acceptable */
	TEL_ERR_MALFORMED = 2,     /**< the data is damaged or not of the format */
	TEL_ERR_LIMIT = 3,         /**< a limit on size, depth or count was exceeded */
	TEL_ERR_UNSUPPORTED = 4,   /**< known, but not offered by this build or release */
	TEL_ERR_NOT_FOUND = 5,     /**< the named thing does not exist */
	TEL_ERR_EXISTS = 6,        /**< the named thing exists already */
	TEL_ERR_STATE = 7,         /**< the object is in a state that does not allow the call */
	TEL_ERR_CONFIG = 8,        /**< the configuration was refused; see the findings */
	TEL_ERR_TYPE = 9,          /**< a value has another type than the one that is needed */
	TEL_ERR_RANGE = 10,        /**< a number does not fit */
	TEL_ERR_AGAIN = 100,       /**< would block; try again when the descriptor is ready */
	TEL_ERR_CLOSED = 101,      /**< the peer or the owner closed the object */
	TEL_ERR_TIMEOUT = 102,     /**< a deadline passed */
	TEL_ERR_TRANSPORT = 103,   /**< connecting, sending or receiving failed */
	TEL_ERR_TLS = 104,         /**< TLS negotiation or verification failed */
	TEL_ERR_DNS = 105,         /**< a name could not be resolved */
	TEL_ERR_IO = 106,          /**< a file operation failed; detail holds errno */
	TEL_ERR_CANCELLED = 107,   /**< the owner cancelled the operation */
	TEL_ERR_FORKED = 108,      /**< the context was created in another process */
	TEL_ERR_NOMEM = 109,       /**< the allocator refused; outputs are untouched */
	TEL_ERR_FULL = 110,        /**< a queue has no room */
	TEL_ERR_BUDGET = 111,      /**< the memory budget has no room */
	TEL_ERR_REFUSED = 200,     /**< the remote side refused; the same request may succeed later */
	TEL_ERR_REJECTED = 201,    /**< the remote side refused for good; do not send this again */
	TEL_ERR_PARTIAL = 202,     /**< the remote side took only a part */
	TEL_ERR_FATAL = 900,       /**< internal inconsistency; the object can only be freed */
	TEL_ERR_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide; never returned */
} tel_err;

/** Details of a failure, in the caller's storage. Zero-initialise through TEL_ERROR_INIT. */
typedef struct tel_error {
	size_t size;     /**< sizeof of the caller's view */
	tel_err code;    /**< the code that the call returned */
	int32_t detail;  /**< errno, HTTP status or gRPC status, by context; 0 = none */
	uint32_t line;   /**< 1-based line in a text input; 0 = none */
	uint32_t column; /**< 1-based byte column in a text input; 0 = none */
	uint64_t offset; /**< byte offset in a binary input */
	char msg[256];   /**< what and where, without a trailing period, NUL-terminated */
} tel_error;
/** Initial value of a tel_error. */
#define TEL_ERROR_INIT { sizeof(tel_error), TEL_OK, 0, 0, 0, 0, { 0 } }

/**
 * Name of a result code, for logs and tests.
 *
 * @param[in] code  any value
 * @return a constant string such as "TEL_ERR_LIMIT"; "TEL_ERR_UNKNOWN" for values that are not in the enum.
 *
 * Cost:    constant.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API const char *tel_err_name(tel_err code);

TEL_END_DECLS
/** @} */
#endif
