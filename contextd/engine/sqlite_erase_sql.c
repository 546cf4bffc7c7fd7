#include "contextd/engine/sqlite_erase_sql.h"

#include "contextd/engine/sqlite_schema.h"
#include "core/base/assert.h"

#define HER_SALES "(SELECT id FROM sale WHERE customer = ?1)"
#define HER_JOINED "(SELECT joined FROM cart_merge WHERE customer = ?1)"
#define SHARED_WITH_HER "(SELECT hash FROM credential_share WHERE customer = ?1)"
/* Her credentials that are others' now: the log still says that they were hers. */
#define PASSED_ON                                       \
    " FROM change c JOIN credential k ON k.hash = c.id" \
    " WHERE c.customer = ?1 AND c.type = " SQL_ROW_CREDENTIAL " AND k.customer <> ?1"

const struct sqlite_erase_step sqlite_erase_steps[] = {
    /* Sales and who did what stay, as the erasure's: without her cart, her visit and what she did before. */
    {"DELETE FROM sale_touch WHERE sale IN " HER_SALES, false},
    {"UPDATE sale_line SET line = NULL WHERE sale IN " HER_SALES, false},
    {"UPDATE sale_void_line SET line = NULL WHERE void IN (SELECT id FROM sale_void WHERE sale IN " HER_SALES
     ")",
     false},
    {"UPDATE sale SET customer = ?2, cart = NULL, visit = NULL, checkout = NULL WHERE customer = ?1", true},
    {"UPDATE audit SET customer = ?2 WHERE customer = ?1", true},

    /* Credentials that others have as well stay theirs, and their rows are told again without her. */
    {"UPDATE credential SET version = version + 1 WHERE hash IN " SHARED_WITH_HER, false},
    {"INSERT OR REPLACE INTO change(type, op, id, customer, store)"
     " SELECT c.type, c.op, c.id, c.customer, c.store FROM change c WHERE c.type = " SQL_ROW_CREDENTIAL
     " AND c.id IN " SHARED_WITH_HER,
     false},
    {"DELETE FROM credential_share WHERE customer = ?1", false},
    {"UPDATE credential SET version = version + 1, customer = (SELECT customer FROM credential_share"
     " WHERE hash = credential.hash ORDER BY at_ms, customer LIMIT 1) WHERE customer = ?1"
     " AND EXISTS (SELECT 1 FROM credential_share WHERE hash = credential.hash)",
     false},
    {"DELETE FROM credential_share WHERE (hash, customer) IN (SELECT k.hash, k.customer" PASSED_ON ")",
     false},
    {"INSERT OR REPLACE INTO change(type, op, id, customer, store)"
     " SELECT c.type, c.op, c.id, k.customer, c.store" PASSED_ON,
     false},

    /* Every table that says something of a customer, those that refer to others first. */
    {"DELETE FROM change WHERE type = " SQL_ROW_CART " AND customer IS NULL AND id IN " HER_JOINED, false},
    {"DELETE FROM cart_line WHERE cart IN " HER_JOINED, false},
    {"DELETE FROM cart WHERE id IN " HER_JOINED, false},
    {"DELETE FROM cart_merge WHERE customer = ?1", false},
    {"DELETE FROM cart_line WHERE cart IN (SELECT id FROM cart WHERE customer = ?1)", false},
    {"DELETE FROM cart WHERE customer = ?1", false},
    {"DELETE FROM fact WHERE customer = ?1", false},
    {"DELETE FROM contact WHERE customer = ?1", false},
    {"DELETE FROM staff_note WHERE customer = ?1", false},
    {"DELETE FROM credential WHERE customer = ?1", false},
    {"UPDATE store SET member_count = member_count - 1"
     " WHERE id IN (SELECT store FROM cohort WHERE customer = ?1)",
     false},
    {"DELETE FROM cohort WHERE customer = ?1", false},
    {"DELETE FROM touch WHERE customer = ?1", false},
    {"DELETE FROM visit WHERE customer = ?1", false},
    {"DELETE FROM handover_decline WHERE handover IN (SELECT id FROM handover WHERE customer = ?1)", false},
    {"DELETE FROM handover WHERE customer = ?1", false},
    /* Nobody's, and never hers; or hers no longer. */
    {"UPDATE handover SET by_device = '', by_name = '' WHERE " SQL_TAKEN_ON_THE_WEB, false},
    {"DELETE FROM reward WHERE customer = ?1", false},
    {"DELETE FROM consent WHERE customer = ?1", false},
    {"DELETE FROM points_entry WHERE customer = ?1", false},
    {"DELETE FROM journey WHERE customer = ?1", false},
    {"DELETE FROM intake WHERE customer = ?1", false},
    {"DELETE FROM change WHERE customer = ?1", false},
    {"DELETE FROM verdict WHERE device = 'web:' || lower(hex(?1))", false},
    {"DELETE FROM stream WHERE device = 'web:' || lower(hex(?1))", false},
    {"DELETE FROM customer WHERE id = ?1", false},
};
const size_t sqlite_erase_step_count = TB_ARRAY_SIZE(sqlite_erase_steps);
