/*
 * Wiring: the readers of this terminal, as its configuration names them.
 *
 *     head:<path>[:<baud>]           a reader head on a serial line
 *     libnfc:<connection string>     a reader chip through libnfc
 *     scanner:<path>[:<baud>]        a barcode scanner on a serial line
 *     keyboard:<path>[:<layout>]     a barcode scanner that acts as a keyboard
 *     hidpos:<path>[:aim]            a barcode scanner that follows the HID-POS usage tables
 *     camera:<path>[:aim]            a camera, whose pictures tillbridge-qrcam reads codes in
 *
 * The first two may be followed by a blank and polling=<hex>, the frame that is sent before each look for a
 * card (ECP), without its CRC: at most TB_LINK_ECP_MAX bytes; nothing behind the = means none.
 *
 * The keys nfc and scanner are short forms of the second and third. A path begins with / and may hold
 * colons, but no blanks; only a number behind the last colon is a speed, only two letters are a layout, only
 * aim says that codes begin with their symbology identifier. Pure; any thread.
 */
#ifndef TB_AGENT_APP_WIRING_H
#define TB_AGENT_APP_WIRING_H

#include "agent/app/config.h"
#include "agent/readers/readers.h"

#define TB_WIRING_NAME_SIZE 24

struct tb_wired_reader {
    enum tb_reader_kind kind;
    char name[TB_WIRING_NAME_SIZE]; /* for people, unique: "Card reader", "Card reader 2" */
    char device[TB_CONFIG_LIST_TEXT_SIZE];
    unsigned baud;      /* 0: as is usual for the kind */
    const char *layout; /* NULL: as is usual; static */
    bool identified;
    uint8_t polling[TB_LINK_ECP_MAX];
    uint8_t polling_size; /* 0: none */
};

struct tb_wiring {
    unsigned count;
    struct tb_wired_reader readers[TB_READERS_COUNT_MAX];
};

/* What is wrong with one value of the key reader, for a person; NULL when nothing is. */
const char *tb_wiring_check(struct tb_span text);

/* Short forms first, then the others in their order. TB_ERR_FULL above TB_READERS_COUNT_MAX; TB_ERR_CONFIG
 * for what tb_wiring_check() would not have let in. */
TB_MUST_USE enum tb_err tb_wiring_of(const struct tb_agent_config *config, struct tb_wiring *ret_wiring);

#endif
