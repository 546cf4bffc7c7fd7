/* One harness with a simulator, and a card's content, for a test that is about one reader. Every test binary
 * includes this once. */
#ifndef TB_TESTS_INTEGRATION_NFC_SIMULATOR_H
#define TB_TESTS_INTEGRATION_NFC_SIMULATOR_H

#include "tests/integration/nfc/harness.h"

#define URI "https://loyal.example/m/0001234567"
#define URI_MESSAGE "d1011b55046c6f79616c2e6578616d706c652f6d2f30303031323334353637"

static struct harness h;

static inline int stop(void **state)
{
    (void)state;
    harness_stop(&h);
    return 0;
}

static inline void sim(const char *command)
{
    (void)harness_sim(&h, command);
}

/* readerd on libnfc; with h.board a reader head of that board. */
static inline int reader_start(void **state)
{
    (void)state;
    harness_start(&h, h.board ? TB_READER_HEAD : TB_READER_NFC);
    if (h.board) {
        char hello[32];
        (void)snprintf(hello, sizeof hello, "hello %s", h.machine.facts->first_reset);
        harness_expect(&h, hello);
        harness_expect(&h, "state scanner ready");
    }
    harness_expect(&h, h.board ? "state nfc ready" : "state ready");
    return 0;
}

/* The reader has heard what was sent before. */
static inline void requests_heard(void)
{
    uint8_t request;
    assert_int_equal(tb_readers_selftest(h.readers, 0, &request), TB_OK);
    harness_expect(&h, "selftest passed");
}

static inline void relay_begin(void)
{
    tb_readers_relay(h.readers, true);
    requests_heard();
}

static inline void reader_gone(void)
{
    sim("remove");
    harness_expect(&h, "gone");
}

#endif
