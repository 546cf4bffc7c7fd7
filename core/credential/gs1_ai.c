#include "core/credential/gs1_ai.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/credential/digits.h"

#define FIXED(first, last, size, digits) {first, last, size, digits, TB_GS1_MORE_NONE, 0, 0, false, false}
#define CHECKED(first, last, digits) {first, last, 2, digits, TB_GS1_MORE_NONE, 0, digits, false, false}
#define DIGITS(first, last, size, max) {first, last, size, 0, TB_GS1_MORE_DIGITS, max, 0, false, false}
#define TEXT(first, last, size, max) {first, last, size, 0, TB_GS1_MORE_TEXT, max, 0, false, false}

/* In the order of the numbers among AIs of one size. */
static const struct tb_gs1_ai ais[] = {
    {0, 0, 2, 18, TB_GS1_MORE_NONE, 0, 18, false, true}, /* SSCC */
    {1, 1, 2, 14, TB_GS1_MORE_NONE, 0, 14, false, true}, /* GTIN */
    CHECKED(2, 3, 14),                                   /* contained GTIN, made-to-order GTIN */
    FIXED(4, 4, 2, 16),                                  /* reserved; its size is predefined */
    TEXT(10, 10, 2, 20),                                 /* batch */
    FIXED(11, 19, 2, 6),                                 /* dates */
    FIXED(20, 20, 2, 2),                                 /* variant */
    TEXT(21, 22, 2, 20),                                 /* serial, consumer product variant */
    DIGITS(30, 30, 2, 8),                                /* count */
    DIGITS(37, 37, 2, 8),                                /* count of contained items */
    TEXT(90, 90, 2, 30),                                 /* mutually agreed */
    TEXT(91, 99, 2, 90),                                 /* internal */

    TEXT(235, 235, 3, 28),                                     /* third-party serial extension */
    TEXT(240, 241, 3, 30),                                     /* additional ids */
    DIGITS(242, 242, 3, 6),                                    /* made-to-order variation */
    TEXT(243, 243, 3, 20),                                     /* packaging component */
    TEXT(250, 251, 3, 30),                                     /* secondary serial, source */
    {253, 253, 3, 13, TB_GS1_MORE_TEXT, 17, 13, true, true},   /* GDTI */
    TEXT(254, 254, 3, 20),                                     /* GLN extension */
    {255, 255, 3, 13, TB_GS1_MORE_DIGITS, 12, 13, true, true}, /* GCN: coupon */
    TEXT(400, 400, 3, 30),                                     /* order */
    {401, 401, 3, 0, TB_GS1_MORE_TEXT, 30, 0, false, true},    /* GINC */
    {402, 402, 3, 17, TB_GS1_MORE_NONE, 0, 17, false, true},   /* GSIN */
    TEXT(403, 403, 3, 30),                                     /* routing */
    {410, 413, 3, 13, TB_GS1_MORE_NONE, 0, 13, false, false},  /* GLN */
    {414, 414, 3, 13, TB_GS1_MORE_NONE, 0, 13, false, true},   /* GLN of a place */
    {415, 416, 3, 13, TB_GS1_MORE_NONE, 0, 13, false, false},  /* GLN */
    {417, 417, 3, 13, TB_GS1_MORE_NONE, 0, 13, false, true},   /* GLN of a party */
    TEXT(420, 420, 3, 20),                                     /* postal code */
    {421, 421, 3, 3, TB_GS1_MORE_TEXT, 9, 0, false, false},    /* country and postal code */
    FIXED(422, 422, 3, 3),                                     /* origin */
    {423, 423, 3, 3, TB_GS1_MORE_DIGITS, 12, 0, true, false},  /* countries of processing */
    FIXED(424, 424, 3, 3),                                     /* country of processing */
    {425, 425, 3, 3, TB_GS1_MORE_DIGITS, 12, 0, true, false},  /* countries of disassembly */
    FIXED(426, 426, 3, 3),                                     /* country of the whole chain */
    TEXT(427, 427, 3, 3),                                      /* subdivision */
    TEXT(710, 719, 3, 20),                                     /* healthcare reimbursement */

    FIXED(3100, 3699, 4, 6),                                     /* measures */
    DIGITS(3900, 3909, 4, 15),                                   /* amount */
    {3910, 3919, 4, 3, TB_GS1_MORE_DIGITS, 15, 0, false, false}, /* amount with currency */
    DIGITS(3920, 3929, 4, 15),                                   /* price */
    {3930, 3939, 4, 3, TB_GS1_MORE_DIGITS, 15, 0, false, false}, /* price with currency */
    FIXED(3940, 3949, 4, 4),                                     /* percentage of a coupon */
    FIXED(3950, 3959, 4, 6),                                     /* price per unit */
    TEXT(4300, 4301, 4, 35),                                     /* ship-to company, contact */
    TEXT(4302, 4306, 4, 70),                                     /* ship-to address */
    TEXT(4307, 4307, 4, 2),                                      /* ship-to country */
    TEXT(4308, 4308, 4, 30),                                     /* ship-to telephone */
    FIXED(4309, 4309, 4, 20),                                    /* ship-to coordinates */
    TEXT(4310, 4311, 4, 35),                                     /* return-to company, contact */
    TEXT(4312, 4316, 4, 70),                                     /* return-to address */
    TEXT(4317, 4317, 4, 2),                                      /* return-to country */
    TEXT(4318, 4318, 4, 20),                                     /* return-to postal code */
    TEXT(4319, 4319, 4, 30),                                     /* return-to telephone */
    TEXT(4320, 4320, 4, 35),                                     /* service description */
    FIXED(4321, 4323, 4, 1),                                     /* flags */
    FIXED(4324, 4325, 4, 10),                                    /* delivery dates */
    FIXED(4326, 4326, 4, 6),                                     /* release date */
    {4330, 4333, 4, 6, TB_GS1_MORE_TEXT, 1, 0, true, false},     /* temperatures */
    FIXED(7001, 7001, 4, 13),                                    /* NATO stock number */
    TEXT(7002, 7002, 4, 30),                                     /* meat cuts */
    FIXED(7003, 7003, 4, 10),                                    /* expiry with time */
    DIGITS(7004, 7004, 4, 4),                                    /* potency */
    TEXT(7005, 7005, 4, 12),                                     /* catch area */
    FIXED(7006, 7006, 4, 6),                                     /* first freeze */
    {7007, 7007, 4, 6, TB_GS1_MORE_DIGITS, 6, 0, true, false},   /* harvest dates */
    TEXT(7008, 7008, 4, 3),                                      /* species */
    TEXT(7009, 7009, 4, 10),                                     /* fishing gear */
    TEXT(7010, 7010, 4, 2),                                      /* production method */
    {7011, 7011, 4, 6, TB_GS1_MORE_DIGITS, 4, 0, true, false},   /* test by */
    TEXT(7020, 7022, 4, 20),                                     /* refurbishment */
    TEXT(7023, 7023, 4, 30),                                     /* GIAI of an assembly */
    {7030, 7039, 4, 3, TB_GS1_MORE_TEXT, 27, 0, false, false},   /* processors */
    TEXT(7040, 7041, 4, 4),                                      /* UIC, freight unit type */
    TEXT(7230, 7239, 4, 30),                                     /* certificates */
    TEXT(7240, 7240, 4, 20),                                     /* protocol */
    FIXED(7241, 7241, 4, 2),                                     /* AIDC media type */
    TEXT(7242, 7242, 4, 25),                                     /* version control */
    FIXED(7250, 7250, 4, 8),                                     /* date of birth */
    FIXED(7251, 7251, 4, 12),                                    /* with time */
    FIXED(7252, 7252, 4, 1),                                     /* biological sex */
    TEXT(7253, 7254, 4, 40),                                     /* names */
    TEXT(7255, 7255, 4, 10),                                     /* name suffix */
    TEXT(7256, 7256, 4, 90),                                     /* full name */
    TEXT(7257, 7257, 4, 70),                                     /* person's address */
    TEXT(7258, 7258, 4, 3),                                      /* birth sequence */
    TEXT(7259, 7259, 4, 40),                                     /* name of a baby */
    FIXED(8001, 8001, 4, 14),                                    /* roll dimensions */
    TEXT(8002, 8002, 4, 20),                                     /* mobile telephone */
    {8003, 8003, 4, 14, TB_GS1_MORE_TEXT, 16, 14, true, true},   /* GRAI */
    {8004, 8004, 4, 0, TB_GS1_MORE_TEXT, 30, 0, false, true},    /* GIAI */
    FIXED(8005, 8005, 4, 6),                                     /* price per unit */
    {8006, 8006, 4, 18, TB_GS1_MORE_NONE, 0, 14, false, true},   /* piece of a trade item */
    TEXT(8007, 8007, 4, 34),                                     /* IBAN */
    {8008, 8008, 4, 8, TB_GS1_MORE_DIGITS, 4, 0, true, false},   /* production with time */
    TEXT(8009, 8009, 4, 50),                                     /* sensor */
    {8010, 8010, 4, 0, TB_GS1_MORE_TEXT, 30, 0, false, true},    /* CPID */
    DIGITS(8011, 8011, 4, 12),                                   /* CPID serial */
    TEXT(8012, 8012, 4, 20),                                     /* software version */
    {8013, 8013, 4, 0, TB_GS1_MORE_TEXT, 25, 0, false, true},    /* GMN */
    TEXT(8014, 8014, 4, 25),                                     /* medical device */
    {8017, 8018, 4, 18, TB_GS1_MORE_NONE, 0, 18, false, true},   /* GSRN of provider, of recipient */
    DIGITS(8019, 8019, 4, 10),                                   /* SRIN */
    TEXT(8020, 8020, 4, 25),                                     /* payment slip */
    {8026, 8026, 4, 18, TB_GS1_MORE_NONE, 0, 14, false, false},  /* pieces contained */
    TEXT(8030, 8030, 4, 90),                                     /* digital signature */
    TEXT(8110, 8110, 4, 70),                                     /* coupon code, North America */
    FIXED(8111, 8111, 4, 4),                                     /* loyalty points of a coupon */
    TEXT(8112, 8112, 4, 70),                                     /* positive offer file */
    TEXT(8200, 8200, 4, 70),                                     /* extended packaging address */
};

/* How long an AI is follows from its first two digits, also of one that was assigned after this was written.
 */
static const struct tb_gs1_ai unassigned[] = {
    TEXT(23, 25, 3, 90), TEXT(40, 40, 3, 90), TEXT(42, 42, 3, 90), TEXT(71, 71, 3, 90), TEXT(39, 39, 4, 90),
    TEXT(43, 43, 4, 90), TEXT(70, 70, 4, 90), TEXT(72, 72, 4, 90), TEXT(80, 82, 4, 90),
};

static bool number_of(struct tb_span text, size_t size, uint64_t *ret_number)
{
    return text.size >= size && tb_decimal_decode(tb_span_sub(text, 0, size), 9999, ret_number) == TB_OK;
}

const struct tb_gs1_ai *tb_gs1_ai_of(struct tb_span text)
{
    for (size_t i = 0; i < TB_ARRAY_SIZE(ais); i++) {
        const struct tb_gs1_ai *ai = &ais[i];
        uint64_t number = 0;
        if (number_of(text, ai->ai_size, &number) && number >= ai->first && number <= ai->last)
            return ai;
    }
    for (size_t i = 0; i < TB_ARRAY_SIZE(unassigned); i++) {
        const struct tb_gs1_ai *ai = &unassigned[i];
        uint64_t number = 0;
        uint64_t whole = 0;
        if (number_of(text, ai->ai_size, &whole) && number_of(text, 2, &number) && number >= ai->first &&
            number <= ai->last)
            return ai;
    }
    return NULL;
}

bool tb_gs1_ai_predefined(struct tb_span ai)
{
    uint64_t number = 0;
    return number_of(ai, 2, &number) &&
           (number <= 4 || (number >= 11 && number <= 20) || (number >= 31 && number <= 36) || number == 41);
}

/* GS1 AI encodable character set 82. */
static bool is_encodable(struct tb_span value)
{
    for (size_t i = 0; i < value.size; i++) {
        uint8_t c = value.at[i];
        if (c < 0x21 || c > 0x7a || strchr("#$@[\\]^`", c) != NULL)
            return false;
    }
    return true;
}

enum tb_err tb_gs1_value_check(const struct tb_gs1_ai *ai, struct tb_span value)
{
    struct tb_span digits = tb_span_sub(value, 0, ai->digit_count);
    struct tb_span more = tb_span_sub(value, ai->digit_count, SIZE_MAX);
    if (digits.size < ai->digit_count || (digits.size && !tb_text_is_digits(digits)))
        return TB_ERR_SYNTAX;
    bool missing = more.size == 0 && ai->more != TB_GS1_MORE_NONE && !ai->optional;
    if (missing || more.size > ai->more_max)
        return TB_ERR_SYNTAX;
    if (more.size && !(ai->more == TB_GS1_MORE_DIGITS ? tb_text_is_digits(more) : is_encodable(more)))
        return TB_ERR_SYNTAX;
    bool checked = ai->checked == 0 || tb_gs1_check_valid(tb_span_sub(value, 0, ai->checked));
    return checked ? TB_OK : TB_ERR_CHECKSUM;
}
