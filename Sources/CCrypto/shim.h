#ifndef TAPEDECK_CCRYPTO_SHIM_H
#define TAPEDECK_CCRYPTO_SHIM_H
// OpenSSL's own headers: apt-get install libssl-dev.
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#endif
