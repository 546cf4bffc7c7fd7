/* What firmware/update/verify.c needs of mbedTLS, and nothing else. */
#ifndef TB_FIRMWARE_UPDATE_MBEDTLS_CONFIG_H
#define TB_FIRMWARE_UPDATE_MBEDTLS_CONFIG_H

#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA256_SMALLER
#define MBEDTLS_PSA_P256M_DRIVER_ENABLED

#endif
