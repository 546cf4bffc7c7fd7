/*
 * Messages of tillbridge.v1: the envelope, then every decoder on its params or result, whatever the
 * method says. What one of them takes is written and read again and must come out the same.
 */
#include "core/base/assert.h"
#include "core/wire/find.h"
#include "core/wire/rpc.h"
#include "core/wire/sync.h"
#include "tests/fuzz/fuzz.h"

static uint8_t room[TB_JSON_ARENA_SIZE(TB_JSON_SIZE_MAX) + TB_ROW_BATCH_MAX * sizeof(struct tb_row)];
static uint8_t again_room[sizeof room];
static uint8_t first_room[4 * TB_JSON_SIZE_MAX];
static uint8_t second_room[4 * TB_JSON_SIZE_MAX];

/* Decodes from o and encodes into to; what went wrong is in c. */
typedef void codec(struct tb_check *c, struct tb_json o, struct tb_arena *arena, struct tb_json_writer *w);

static void hello(struct tb_check *c, struct tb_json o, struct tb_arena *arena, struct tb_json_writer *w)
{
    struct tb_hello x;
    (void)arena;
    tb_hello_decode(c, o, &x);
    if (c->err == TB_OK)
        tb_hello_encode(w, &x);
}

static void welcome(struct tb_check *c, struct tb_json o, struct tb_arena *arena, struct tb_json_writer *w)
{
    struct tb_welcome x;
    (void)arena;
    tb_welcome_decode(c, o, &x);
    if (c->err == TB_OK)
        tb_welcome_encode(w, &x);
}

static void mutate(struct tb_check *c, struct tb_json o, struct tb_arena *arena, struct tb_json_writer *w)
{
    static struct tb_mutate x;
    tb_mutate_decode(c, o, arena, &x);
    if (c->err == TB_OK)
        tb_mutate_encode(w, &x);
}

static void verdicts(struct tb_check *c, struct tb_json o, struct tb_arena *arena, struct tb_json_writer *w)
{
    static struct tb_verdicts x;
    tb_verdicts_decode(c, o, arena, &x);
    if (c->err == TB_OK)
        tb_verdicts_encode(w, &x);
}

static void feed_open(struct tb_check *c, struct tb_json o, struct tb_arena *arena, struct tb_json_writer *w)
{
    struct tb_feed_open x;
    (void)arena;
    tb_feed_open_decode(c, o, &x);
    if (c->err == TB_OK)
        tb_feed_open_encode(w, &x);
}

static void feed_rows(struct tb_check *c, struct tb_json o, struct tb_arena *arena, struct tb_json_writer *w)
{
    struct tb_feed_rows x;
    tb_feed_rows_decode(c, o, arena, &x);
    if (c->err == TB_OK)
        tb_feed_rows_encode(w, &x);
}

static void identify(struct tb_check *c, struct tb_json o, struct tb_arena *arena, struct tb_json_writer *w)
{
    struct tb_identify_ask x;
    (void)arena;
    tb_identify_ask_decode(c, o, &x);
    if (c->err == TB_OK)
        tb_identify_ask_encode(w, &x);
}

static void identified(struct tb_check *c, struct tb_json o, struct tb_arena *arena, struct tb_json_writer *w)
{
    struct tb_identified x;
    tb_identified_decode(c, o, arena, &x);
    if (c->err == TB_OK)
        tb_identified_encode(w, &x);
}

static void checksum(struct tb_check *c, struct tb_json o, struct tb_arena *arena, struct tb_json_writer *w)
{
    struct tb_checksum x;
    (void)arena;
    tb_checksum_decode(c, o, &x);
    if (c->err == TB_OK)
        tb_checksum_encode(w, &x);
}

static void product_found(struct tb_check *c, struct tb_json o, struct tb_arena *arena,
                          struct tb_json_writer *w)
{
    struct tb_product x;
    (void)arena;
    tb_product_found_decode(c, o, &x);
    if (c->err == TB_OK)
        tb_product_found_encode(w, &x);
}

static void find_ask(struct tb_check *c, struct tb_json o, struct tb_arena *arena, struct tb_json_writer *w)
{
    struct tb_find_ask x;
    (void)arena;
    tb_find_ask_decode(c, o, &x);
    if (c->err == TB_OK)
        tb_find_ask_encode(w, &x);
}

static void found(struct tb_check *c, struct tb_json o, struct tb_arena *arena, struct tb_json_writer *w)
{
    struct tb_found x;
    (void)arena;
    tb_found_decode(c, o, &x);
    if (c->err == TB_OK)
        tb_found_encode(w, &x);
}

static enum tb_err codec_run(codec *run, struct tb_json o, struct tb_arena *arena, struct tb_buf *to)
{
    struct tb_check c = {.err = TB_OK};
    struct tb_json_writer w = tb_json_writer_of(to);
    tb_json_open(&w, NULL);
    run(&c, o, arena, &w);
    tb_json_close(&w);
    TB_ASSERT((c.err == TB_OK) == (c.member == NULL));
    return c.err;
}

static void round_trip(codec *run, struct tb_json o, struct tb_arena *arena)
{
    size_t mark = tb_arena_mark(arena);
    struct tb_buf first = tb_buf_of(first_room, sizeof first_room);
    enum tb_err err = codec_run(run, o, arena, &first);
    tb_arena_release(arena, mark);
    if (err != TB_OK || first.size > TB_JSON_SIZE_MAX)
        return;
    TB_ASSERT(first.err == TB_OK);
    struct tb_arena again_arena = tb_arena_of(again_room, sizeof again_room);
    struct tb_json again;
    err = tb_json_parse(tb_buf_span(&first), 0, &again_arena, &again);
    TB_ASSERT(err == TB_OK);
    struct tb_buf second = tb_buf_of(second_room, sizeof second_room);
    err = codec_run(run, again, &again_arena, &second);
    TB_ASSERT(err == TB_OK && second.err == TB_OK);
    TB_ASSERT(tb_span_equal(tb_buf_span(&first), tb_buf_span(&second)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tb_arena arena = tb_arena_of(room, sizeof room);
    struct tb_check c = {.err = TB_OK};
    struct tb_rpc rpc;
    enum tb_err err = tb_rpc_parse(tb_span_of(data, size), 0, &arena, &c, &rpc);
    TB_ASSERT(rpc.id >= TB_RPC_NO_ID && rpc.id <= TB_RPC_ID_MAX);
    if (err != TB_OK)
        return 0;
    static codec *const codecs[] = {hello,    welcome,    mutate,   verdicts, feed_open,     feed_rows,
                                    identify, identified, find_ask, found,    product_found, checksum};
    struct tb_json body = tb_json_exists(rpc.params) ? rpc.params : rpc.result;
    for (size_t i = 0; i < TB_ARRAY_SIZE(codecs); i++)
        round_trip(codecs[i], body, &arena);
    return 0;
}
