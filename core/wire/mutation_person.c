#include "core/wire/member.h"
#include "core/wire/mutation_parts.h"

static void credential_decode(const struct mutation_source *s, struct tb_credential_ref *ret_ref)
{
    tb_member_token(s->c, s->o, "credential_kind", ret_ref->kind, sizeof ret_ref->kind);
    tb_json_hex(s->c, s->o, "hash", ret_ref->hash, sizeof ret_ref->hash);
}

static void credential_encode(struct tb_json_writer *w, const struct tb_credential_ref *ref)
{
    tb_json_put_str(w, "credential_kind", ref->kind);
    tb_json_put_hex(w, "hash", tb_span_of(ref->hash, sizeof ref->hash));
}

void mutation_link_decode(const struct mutation_source *s, struct tb_mutation *m)
{
    credential_decode(s, &m->link.ref);
    m->link.share = tb_member_opt_bool(s->c, s->o, "share");
}

void mutation_link_encode(struct tb_json_writer *w, const struct tb_mutation *m)
{
    credential_encode(w, &m->link.ref);
    tb_member_put_opt_bool(w, "share", m->link.share);
}

void mutation_block_decode(const struct mutation_source *s, struct tb_mutation *m)
{
    tb_json_hex(s->c, s->o, "hash", m->block.hash, sizeof m->block.hash);
    m->block.reason = (enum tb_block_reason)tb_json_enum(s->c, s->o, "reason", tb_block_reason_names,
                                                         TB_BLOCK_REASON_COUNT);
}

void mutation_block_encode(struct tb_json_writer *w, const struct tb_mutation *m)
{
    tb_json_put_hex(w, "hash", tb_span_of(m->block.hash, sizeof m->block.hash));
    tb_json_put_str(w, "reason", tb_block_reason_names[m->block.reason]);
}

static void answer_decode(struct tb_check *c, struct tb_json o, struct tb_consent_answer *ret_answer)
{
    tb_member_token(c, o, "consent", ret_answer->consent, sizeof ret_answer->consent);
    ret_answer->granted = tb_json_bool(c, o, "granted");
    tb_member_token(c, o, "text_version", ret_answer->text_version, sizeof ret_answer->text_version);
}

static void answer_encode(struct tb_json_writer *w, const struct tb_consent_answer *answer)
{
    tb_json_put_str(w, "consent", answer->consent);
    tb_json_put_bool(w, "granted", answer->granted);
    tb_json_put_str(w, "text_version", answer->text_version);
}

static void answers_decode(const struct mutation_source *s, struct tb_mutation *m)
{
    if (!tb_json_has(s->o, "consents"))
        return;
    struct tb_json array = tb_json_array(s->c, s->o, "consents", TB_CONSENT_COUNT_MAX);
    size_t count = tb_json_count(array);
    if (s->c->err != TB_OK || count == 0)
        return;
    struct tb_consent_answer *answers = tb_arena_take(s->arena, count * sizeof *answers);
    if (!answers) {
        tb_check_fail(s->c, TB_ERR_NO_MEMORY, "consents");
        return;
    }
    size_t i = 0;
    for (struct tb_json_each each = tb_json_first(array); tb_json_exists(each.value); tb_json_next(&each))
        answer_decode(s->c, each.value, &answers[i++]);
    m->create.consents = answers;
    m->create.consent_count = (uint8_t)count;
}

static void answers_encode(struct tb_json_writer *w, const struct tb_mutation *m)
{
    if (m->create.consent_count == 0)
        return;
    tb_json_open_array(w, "consents");
    for (size_t i = 0; i < m->create.consent_count; i++) {
        tb_json_open(w, NULL);
        answer_encode(w, &m->create.consents[i]);
        tb_json_close(w);
    }
    tb_json_close_array(w);
}

void mutation_create_decode(const struct mutation_source *s, struct tb_mutation *m)
{
    tb_json_str(s->c, s->o, "name", m->create.name, sizeof m->create.name);
    tb_member_token(s->c, s->o, "language", m->create.language, sizeof m->create.language);
    if (tb_json_has(s->o, "credential_kind"))
        credential_decode(s, &m->create.ref);
    tb_member_opt_str(s->c, s->o, "phone", m->create.phone, sizeof m->create.phone);
    tb_member_opt_str(s->c, s->o, "email", m->create.email, sizeof m->create.email);
    answers_decode(s, m);
}

void tb_create_decode(struct tb_check *c, struct tb_json object, struct tb_arena *arena,
                      struct tb_mutation *ret_create)
{
    const struct mutation_source source = {.c = c, .o = object, .arena = arena};
    mutation_create_decode(&source, ret_create);
}

void mutation_create_encode(struct tb_json_writer *w, const struct tb_mutation *m)
{
    tb_json_put_str(w, "name", m->create.name);
    tb_json_put_str(w, "language", m->create.language);
    if (m->create.ref.kind[0])
        credential_encode(w, &m->create.ref);
    tb_member_put_opt_str(w, "phone", m->create.phone);
    tb_member_put_opt_str(w, "email", m->create.email);
    answers_encode(w, m);
}

void mutation_consent_decode(const struct mutation_source *s, struct tb_mutation *m)
{
    answer_decode(s->c, s->o, &m->consent);
}

void mutation_consent_encode(struct tb_json_writer *w, const struct tb_mutation *m)
{
    answer_encode(w, &m->consent);
}

void mutation_note_remove_decode(const struct mutation_source *s, struct tb_mutation *m)
{
    m->staff_note.note = tb_json_id(s->c, s->o, "note");
}

void mutation_note_remove_encode(struct tb_json_writer *w, const struct tb_mutation *m)
{
    tb_json_put_id(w, "note", &m->staff_note.note);
}

void mutation_note_add_decode(const struct mutation_source *s, struct tb_mutation *m)
{
    mutation_note_remove_decode(s, m);
    tb_json_str(s->c, s->o, "text", m->staff_note.text, sizeof m->staff_note.text);
    if (s->c->err == TB_OK && m->staff_note.text[0] == '\0')
        tb_check_fail(s->c, TB_ERR_RANGE, "text");
}

void mutation_note_add_encode(struct tb_json_writer *w, const struct tb_mutation *m)
{
    mutation_note_remove_encode(w, m);
    tb_json_put_str(w, "text", m->staff_note.text);
}
