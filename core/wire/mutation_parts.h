/* The files that read and write mutations know one another through this; nobody else includes it. */
#ifndef TB_CORE_WIRE_MUTATION_PARTS_H
#define TB_CORE_WIRE_MUTATION_PARTS_H

#include "core/wire/mutation.h"

/* Where a mutation is read from. */
struct mutation_source {
    struct tb_check *c;
    struct tb_json o;
    struct tb_arena *arena;
};

/* mutation_person.c: what is about a customer herself. */
void mutation_link_decode(const struct mutation_source *s, struct tb_mutation *m);
void mutation_link_encode(struct tb_json_writer *w, const struct tb_mutation *m);
void mutation_block_decode(const struct mutation_source *s, struct tb_mutation *m);
void mutation_block_encode(struct tb_json_writer *w, const struct tb_mutation *m);
void mutation_create_decode(const struct mutation_source *s, struct tb_mutation *m);
void mutation_create_encode(struct tb_json_writer *w, const struct tb_mutation *m);
void mutation_consent_decode(const struct mutation_source *s, struct tb_mutation *m);
void mutation_consent_encode(struct tb_json_writer *w, const struct tb_mutation *m);
void mutation_note_add_decode(const struct mutation_source *s, struct tb_mutation *m);
void mutation_note_add_encode(struct tb_json_writer *w, const struct tb_mutation *m);
void mutation_note_remove_decode(const struct mutation_source *s, struct tb_mutation *m);
void mutation_note_remove_encode(struct tb_json_writer *w, const struct tb_mutation *m);

#endif
