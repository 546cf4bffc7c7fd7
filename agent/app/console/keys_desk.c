#include "agent/app/console/keys_desk.h"
#include "agent/app/agent.h"

#include "core/credential/keydoc.h"

static const char *key_state(const struct tb_ring_key *key, int64_t wall_ms)
{
    if (wall_ms < key->not_before_ms)
        return "early";
    return key->not_after_ms != 0 && wall_ms >= key->not_after_ms ? "expired" : "valid";
}

static void put_key(struct tb_json_writer *w, const struct tb_ring_key *key, int64_t wall_ms)
{
    tb_json_open(w, NULL);
    tb_json_put_str(w, "use", tb_ring_use_name(key->use));
    tb_json_put_str(w, "id", key->id);
    tb_json_put_int(w, "version", key->version);
    tb_json_put_bool(w, "secret", !tb_ring_use_is_public(key->use));
    tb_json_put_str(w, "state", key_state(key, wall_ms));
    if (key->added_ms)
        tb_json_put_int(w, "added_ms", key->added_ms);
    if (key->not_before_ms)
        tb_json_put_int(w, "not_before_ms", key->not_before_ms);
    if (key->not_after_ms)
        tb_json_put_int(w, "not_after_ms", key->not_after_ms);
    tb_json_close(w);
}

void tb_keys_desk_list(struct tb_request *r)
{
    const struct tb_facts *facts = &r->agent->facts;
    int64_t wall_ms = tb_loop_wall_ms(r->agent->loop);
    struct tb_json_writer w = tb_request_answer_begin(r);
    tb_json_open_array(&w, "keys");
    for (size_t i = 0; i < facts->ring.key_count; i++)
        put_key(&w, &facts->ring.keys[i], wall_ms);
    tb_json_close_array(&w);
    if (facts->pepper.version)
        tb_json_put_int(&w, "pepper_version", facts->pepper.version);
    tb_json_put_int(&w, "wall_ms", wall_ms);
    tb_request_answer_end(r, &w);
}
