/* The one entry of a fuzz target, called by libFuzzer or by the corpus replay. Always returns 0. */
#ifndef TB_TESTS_FUZZ_FUZZ_H
#define TB_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
