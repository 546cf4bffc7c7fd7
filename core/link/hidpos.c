#include "core/link/hidpos.h"

#include "core/base/assert.h"

enum { /* HID 1.11 section 6.2.2: tag and type of short items, their size cut off */
       ITEM_INPUT = 0x80,
       ITEM_OUTPUT = 0x90,
       ITEM_FEATURE = 0xb0,
       ITEM_COLLECTION = 0xa0,
       ITEM_COLLECTION_END = 0xc0,
       ITEM_PAGE = 0x04,
       ITEM_SIZE = 0x74,
       ITEM_ID = 0x84,
       ITEM_COUNT = 0x94,
       ITEM_PUSH = 0xa4,
       ITEM_POP = 0xb4,
       ITEM_USAGE = 0x08,
       ITEM_USAGE_MIN = 0x18,
       ITEM_USAGE_MAX = 0x28,
       ITEM_LONG = 0xfe,
       ITEM_KIND_MASK = 0xfc,
};

#define USAGE(page, usage) ((uint32_t)(page) << 16 | (usage))

enum {
    USAGE_BYTE_COUNT = USAGE(0x01, 0x3b),
    USAGE_SCANNER = USAGE(0x8c, 0x02),
    USAGE_IDENTIFIER_1 = USAGE(0x8c, 0xfb),
    USAGE_DATA = USAGE(0x8c, 0xfe),
    USAGE_CONTINUED = USAGE(0x8c, 0xff),
};

enum { USAGES_MAX = 16, GLOBALS_MAX = 4, SWITCH_REPORT = 0xfe, GS = 0x1d, BITS_MAX = UINT16_MAX };

struct globals {
    uint32_t page;
    uint32_t size; /* bits of a field */
    uint32_t count;
    uint8_t id;
};

struct parse {
    struct globals now;
    struct globals pushed[GLOBALS_MAX];
    uint8_t pushed_count;
    uint32_t usages[USAGES_MAX];
    uint8_t usage_count;
    uint32_t usage_min;
    uint16_t bits[UINT8_MAX + 1]; /* of the input report of that id, so far */
    bool numbered;
    bool scanner;
    bool found; /* layout is that of a report with data */
    struct tb_link_hidpos_layout layout;
};

/* The usage of the index-th field of a main item: the last one goes for the rest. */
static uint32_t usage_of(const struct parse *p, uint32_t index)
{
    if (p->usage_count == 0)
        return 0;
    return p->usages[index < p->usage_count ? index : p->usage_count - 1u];
}

static void usage_add(struct parse *p, uint32_t usage)
{
    if (p->usage_count < USAGES_MAX)
        p->usages[p->usage_count++] = usage;
}

static uint16_t byte_at(const struct parse *p, uint32_t bit)
{
    return (uint16_t)(bit / 8 + p->numbered);
}

static void field_take(struct parse *p, uint32_t usage, uint32_t index, uint32_t bit)
{
    struct tb_link_hidpos_layout *l = &p->layout;
    bool bytes = p->now.size == 8 && bit % 8 == 0;
    if (bytes && usage == USAGE_DATA && l->data_size == 0) {
        l->data_at = byte_at(p, bit);
        l->data_size = (uint16_t)(p->now.count - index);
        p->found = true;
    } else if (bytes && usage == USAGE_BYTE_COUNT) {
        l->length_at = byte_at(p, bit);
    } else if (bytes && usage == USAGE_IDENTIFIER_1 && index + 3 <= p->now.count) {
        l->identifier_at = byte_at(p, bit);
    } else if (p->now.size == 1 && usage == USAGE_CONTINUED) {
        l->continued_at = byte_at(p, bit);
        l->continued_mask = (uint8_t)(1u << bit % 8);
    }
}

/* A length or an identifier in front of the data belongs to them only within one report. */
static bool layout_enter(struct parse *p)
{
    if (p->layout.report_id == p->now.id)
        return true;
    if (p->found)
        return false;
    p->layout = (struct tb_link_hidpos_layout){.report_id = p->now.id, .switched = p->layout.switched};
    return true;
}

static enum tb_err input_take(struct parse *p)
{
    uint32_t at = p->bits[p->now.id];
    if (p->now.size > BITS_MAX || p->now.count > BITS_MAX || p->now.size * p->now.count > BITS_MAX - at)
        return TB_ERR_RANGE;
    p->bits[p->now.id] = (uint16_t)(at + p->now.size * p->now.count);
    if (!p->scanner || p->now.size == 0 || !layout_enter(p))
        return TB_OK;
    for (uint32_t i = 0; i < p->now.count && (i == 0 || i < p->usage_count); i++)
        field_take(p, usage_of(p, i), i, at + i * p->now.size);
    return TB_OK;
}

static enum tb_err main_take(struct parse *p, uint8_t kind)
{
    enum tb_err err = TB_OK;
    if (kind == ITEM_INPUT)
        err = input_take(p);
    else if (kind == ITEM_COLLECTION)
        p->scanner |= usage_of(p, 0) == USAGE_SCANNER;
    else if (kind == ITEM_FEATURE)
        p->layout.switched |= p->now.id == SWITCH_REPORT;
    p->usage_count = 0;
    p->usage_min = 0;
    return err;
}

static void usage_range(struct parse *p, uint32_t last)
{
    for (uint32_t usage = p->usage_min; usage <= last && p->usage_count < USAGES_MAX; usage++)
        usage_add(p, usage);
}

static enum tb_err id_take(struct parse *p, uint32_t value)
{
    if (value == 0 || value > UINT8_MAX)
        return TB_ERR_RANGE;
    p->now.id = (uint8_t)value;
    p->numbered = true;
    return TB_OK;
}

static enum tb_err globals_move(struct parse *p, bool push)
{
    if (push ? p->pushed_count == GLOBALS_MAX : p->pushed_count == 0)
        return TB_ERR_DEPTH;
    if (push)
        p->pushed[p->pushed_count++] = p->now;
    else
        p->now = p->pushed[--p->pushed_count];
    return TB_OK;
}

static enum tb_err item_take(struct parse *p, uint8_t kind, uint32_t value, size_t size)
{
    uint32_t usage = size == 4 ? value : USAGE(p->now.page, value & 0xffff);
    switch (kind) {
    case ITEM_PAGE: p->now.page = value & 0xffff; return TB_OK;
    case ITEM_SIZE: p->now.size = value; return TB_OK;
    case ITEM_COUNT: p->now.count = value; return TB_OK;
    case ITEM_ID: return id_take(p, value);
    case ITEM_PUSH: return globals_move(p, true);
    case ITEM_POP: return globals_move(p, false);
    case ITEM_USAGE: usage_add(p, usage); return TB_OK;
    case ITEM_USAGE_MIN: p->usage_min = usage; return TB_OK;
    case ITEM_USAGE_MAX: usage_range(p, usage); return TB_OK;
    case ITEM_INPUT:
    case ITEM_OUTPUT:
    case ITEM_FEATURE:
    case ITEM_COLLECTION:
    case ITEM_COLLECTION_END: return main_take(p, kind);
    default: return TB_OK;
    }
}

static uint32_t little_endian(const uint8_t *at, size_t size)
{
    uint32_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint32_t)at[i] << 8 * i;
    return value;
}

static enum tb_err items_take(struct parse *p, struct tb_span rest)
{
    static const uint8_t sizes[] = {0, 1, 2, 4};
    while (rest.size > 0) {
        uint8_t head = rest.at[0];
        size_t size = head == ITEM_LONG ? (rest.size > 1 ? rest.at[1] + 2u : SIZE_MAX) : sizes[head & 3];
        if (size > rest.size - 1)
            return TB_ERR_TRUNCATED;
        enum tb_err err = head == ITEM_LONG
                              ? TB_OK
                              : item_take(p, head & ITEM_KIND_MASK, little_endian(rest.at + 1, size), size);
        if (err != TB_OK)
            return err;
        rest = tb_span_sub(rest, 1 + size, SIZE_MAX);
    }
    return TB_OK;
}

enum tb_err tb_link_hidpos_describe(struct tb_span descriptor, struct tb_link_hidpos_layout *ret_layout)
{
    struct parse p = {0};
    if (descriptor.size > TB_LINK_HIDPOS_DESCRIPTOR_MAX)
        return TB_ERR_TOO_LONG;
    enum tb_err err = items_take(&p, descriptor);
    if (err != TB_OK)
        return err;
    size_t size = (p.bits[p.layout.report_id] + 7u) / 8 + p.numbered;
    if (!p.scanner || !p.found || size > TB_LINK_HIDPOS_REPORT_MAX)
        return TB_ERR_UNSUPPORTED;
    *ret_layout = p.layout;
    ret_layout->numbered = p.numbered;
    ret_layout->size = (uint16_t)size;
    return TB_OK;
}

void tb_link_hidpos_init(struct tb_link_hidpos *h, const struct tb_link_hidpos_layout *layout,
                         bool identified)
{
    TB_ASSERT(layout->size <= TB_LINK_HIDPOS_REPORT_MAX &&
              layout->data_at + layout->data_size <= layout->size);
    *h = (struct tb_link_hidpos){.layout = *layout, .identified = identified};
}

/* GS1-128, DataBar, DataMatrix and QR with FNC1 in the first place. */
static bool is_gs1(const uint8_t *identifier)
{
    static const char *const marks[] = {"]C1", "]e0", "]d2", "]Q3"};
    for (size_t i = 0; i < TB_ARRAY_SIZE(marks); i++)
        if (memcmp(identifier, marks[i], 3) == 0)
            return true;
    return false;
}

static size_t identifier_put(const struct tb_link_hidpos *h, const uint8_t *report, uint8_t *ret_bytes)
{
    const uint8_t *identifier = report + h->layout.identifier_at;
    if (h->continued || h->layout.identifier_at == 0 || identifier[0] != ']')
        return 0;
    if (h->identified) {
        memcpy(ret_bytes, identifier, 3);
        return 3;
    }
    ret_bytes[0] = GS;
    return is_gs1(identifier);
}

/* SIZE_MAX when the report says more than it can hold. */
static size_t data_length(const struct tb_link_hidpos_layout *l, const uint8_t *report)
{
    size_t length = l->data_size;
    if (l->length_at)
        return report[l->length_at] <= l->data_size ? report[l->length_at] : SIZE_MAX;
    while (length > 0 && report[l->data_at + length - 1] == 0)
        length--;
    return length;
}

/* False: the report breaks its own layout. */
static bool data_put(const struct tb_link_hidpos *h, struct tb_span report, uint8_t *ret_bytes,
                     size_t *ret_size)
{
    const struct tb_link_hidpos_layout *l = &h->layout;
    size_t length = report.size < l->size ? SIZE_MAX : data_length(l, report.at);
    if (length == SIZE_MAX)
        return false;
    *ret_size = identifier_put(h, report.at, ret_bytes);
    memcpy(ret_bytes + *ret_size, report.at + l->data_at, length);
    *ret_size += length;
    return true;
}

size_t tb_link_hidpos_take(struct tb_link_hidpos *h, struct tb_span report,
                           uint8_t ret_bytes[TB_LINK_HIDPOS_BYTES_MAX])
{
    const struct tb_link_hidpos_layout *l = &h->layout;
    size_t size = 0;
    if (l->numbered && (report.size == 0 || report.at[0] != l->report_id))
        return 0;
    if (!data_put(h, report, ret_bytes, &size))
        ret_bytes[size++] = 0;
    if (report.size >= l->size)
        h->continued = l->continued_at && (report.at[l->continued_at] & l->continued_mask);
    if (!h->continued)
        ret_bytes[size++] = '\r';
    return size;
}
