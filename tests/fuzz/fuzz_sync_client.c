/*
 * A hostile context store: every line of the input is a message to a client that is live, streams
 * mutations and has feeds open. A line that begins with a digit is an event of the owner instead, one that
 * begins with # its comparison of checksums, with the partitions that differ as bits.
 */
#include "core/base/assert.h"
#include "core/sync/client.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/seeded_rng.h"

#define WELCOME                                                                                   \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"protocol\":1,\"epoch\":\"e\",\"decided_seq\":0," \
    "\"server_time_ms\":9,\"reconnect_window_ms\":5000,\"idle_ping_ms\":30000,\"device\":{\"id\":\"a\"}}}"

static struct {
    struct tb_client c;
    struct tb_arena arena;
    struct tb_buf out;
    struct seeded_rng random;
    struct tb_rng rng;
    uint32_t read_ticket;
    uint32_t save_ticket;
    uint32_t decide_ticket;
    uint32_t compare_ticket;
    int64_t next_seq;
    int64_t now_ms;
} f;

static void act(void *context, const struct tb_client_action *action)
{
    (void)context;
    switch (action->act) {
    case TB_CLIENT_SEND: TB_ASSERT(action->send.size > 0 && action->send.size <= TB_MESSAGE_SIZE_MAX); break;
    case TB_CLIENT_READ: f.read_ticket = action->read.ticket; break;
    case TB_CLIENT_SAVE:
        f.save_ticket = action->save.ticket;
        TB_ASSERT(action->save.rows.count <= TB_ROW_BATCH_MAX);
        break;
    case TB_CLIENT_DECIDE:
        TB_ASSERT(action->decide.count > 0 && action->decide.count <= TB_CLIENT_WINDOW);
        TB_ASSERT(action->decide.seq < f.next_seq);
        f.decide_ticket = action->decide.ticket;
        break;
    case TB_CLIENT_COMPARE: f.compare_ticket = action->compare.ticket; break;
    case TB_CLIENT_CLOSE:
    case TB_CLIENT_WELCOME:
    case TB_CLIENT_IDENTIFIED:
    case TB_CLIENT_FOUND:
    case TB_CLIENT_STATE: break;
    }
}

static void client_begin(void)
{
    static uint8_t memory[TB_JSON_ARENA_SIZE(TB_MESSAGE_SIZE_MAX)];
    static uint8_t message[TB_MESSAGE_SIZE_MAX];
    static const struct tb_cursor none;
    memset(&f, 0, sizeof f);
    f.arena = tb_arena_of(memory, sizeof memory);
    f.out = tb_buf_of(message, sizeof message);
    f.rng = seeded_rng_of(&f.random);
    f.next_seq = 3;
    struct tb_client_config config = {.software = "fuzz 1",
                                      .device = "urn:a",
                                      .channel = TB_CHANNEL_TILL,
                                      .token = "",
                                      .rng = &f.rng,
                                      .port = {.act = act},
                                      .arena = &f.arena,
                                      .out = &f.out};
    struct tb_client_start start = {.decided_seq = 0, .next_seq = f.next_seq};
    tb_client_init(&f.c, &config, &start, 0);
    for (int kind = TB_SCOPE_DEVICE; kind <= TB_SCOPE_CUSTOMER; kind++) {
        struct tb_scope scope = {.kind = (enum tb_scope_kind)kind};
        TB_ASSERT(tb_client_feed_open(&f.c, &scope, &none, 0) == TB_OK);
    }
    tb_client_set_checksum(&f.c, 1000, 0);
    tb_client_connected(&f.c, 0);
    tb_client_received(&f.c, tb_span_str(WELCOME), 0);
}

static void read_answer(void)
{
    struct tb_client_row rows[2] = {{1, tb_span_str("{}")}, {2, tb_span_str("{}")}};
    bool fresh = f.c.sent_seq == 0;
    struct tb_client_rows answer = {.at = rows, .count = fresh ? 2 : 0};
    tb_client_read(&f.c, f.read_ticket, &answer, f.now_ms);
}

static void owner_event(uint8_t which)
{
    struct tb_identify_ask what = {.kind = "member"};
    struct tb_find_ask whom = {.by = TB_FIND_PHONE, .value = "030 1", .reason = "forgot"};
    struct tb_open_ask open = {.operator= "op-1" };
    switch (which) {
    case '0': tb_client_stored(&f.c, f.next_seq++, tb_span_str("{}"), f.now_ms); break;
    case '1': read_answer(); break;
    case '2': tb_client_decided(&f.c, f.decide_ticket, TB_OK, f.now_ms); break;
    case '3': tb_client_decided(&f.c, f.decide_ticket, TB_ERR_IO, f.now_ms); break;
    case '4': tb_client_saved(&f.c, f.save_ticket, TB_OK, f.now_ms); break;
    case '5': tb_client_saved(&f.c, f.save_ticket, TB_ERR_IO, f.now_ms); break;
    case '6': tb_client_identify(&f.c, 1, &what, 500, f.now_ms); break;
    case 'f': tb_client_find(&f.c, 2, &whom, 500, f.now_ms); break;
    case 'o': tb_client_open(&f.c, 3, &open, 500, f.now_ms); break;
    case '7': tb_client_tick(&f.c, f.now_ms); break;
    case '8': tb_client_closed(&f.c, TB_CAUSE_CLOSED, f.now_ms); break;
    default:
        if (f.c.phase == TB_PHASE_DOWN)
            tb_client_connected(&f.c, f.now_ms);
        break;
    }
}

static void compared(struct tb_span bits)
{
    struct tb_partitions differing = {{0}};
    memcpy(differing.bits, bits.at, bits.size < sizeof differing.bits ? bits.size : sizeof differing.bits);
    tb_client_compared(&f.c, f.compare_ticket, bits.size % 2 ? TB_OK : TB_ERR_IO, &differing, f.now_ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    client_begin();
    while (size > 0) {
        const uint8_t *end = memchr(data, '\n', size);
        size_t line = end ? (size_t)(end - data) : size;
        f.now_ms += 100;
        if (line > 0 && data[0] >= '0' && data[0] <= '9')
            owner_event(data[0]);
        else if (line > 0 && data[0] == '#')
            compared(tb_span_of(data + 1, line - 1));
        else
            tb_client_received(&f.c, tb_span_of(data, line), f.now_ms);
        TB_ASSERT(tb_arena_mark(&f.arena) == 0);
        TB_ASSERT(f.c.sent_count <= TB_CLIENT_WINDOW && f.c.judged_count <= f.c.sent_count);
        TB_ASSERT(f.c.decided_seq < f.c.next_seq);
        (void)tb_client_deadline_ms(&f.c);
        line = line < size ? line + 1 : line;
        data += line;
        size -= line;
    }
    return 0;
}
