/*
 * Upos: the UnifiedPOS-shaped view of the local API, a Scanner and an MSR for developers who know those
 * (UnifiedPOS 1.14, chapters "Common Properties", "MSR", "Scanner"; numbers as in its appendices).
 *
 * Each follower of events has its own two devices: open, claim (one POS at a time), enable, DataEventEnabled,
 * which one event switches off. What was scanned waits in a queue of TB_UPOS_QUEUE_MAX; who is here is read
 * when her event leaves, and an event of a visit that has ended is dropped. Loop's thread only.
 */
#ifndef TB_AGENT_APP_POS_UPOS_H
#define TB_AGENT_APP_POS_UPOS_H

#include "agent/app/request.h"
#include "core/identify/identify.h"

#define TB_UPOS_QUEUE_MAX 8

enum tb_upos_device { TB_UPOS_SCANNER, TB_UPOS_MSR, TB_UPOS_DEVICE_COUNT };

struct tb_upos_event {
    bool failed;                  /* an ErrorEvent */
    char gtin[TB_GTIN_TEXT_SIZE]; /* Scanner; "" of one that failed */
    struct tb_id visit;           /* MSR */
};

struct tb_upos_unit {
    bool open;
    bool claimed;
    bool device_enabled;
    bool data_event_enabled;
    bool freeze_events;
    bool auto_disable;
    bool decode_data; /* Scanner */
    bool power_notify;
    bool online; /* as the last StatusUpdateEvent said */
    uint8_t event_count;
    struct tb_upos_event events[TB_UPOS_QUEUE_MAX]; /* oldest first */
};

struct tb_upos { /* of one follower */
    struct tb_upos_unit units[TB_UPOS_DEVICE_COUNT];
};

struct tb_upos_counts { /* of the terminal; statistics by UnifiedPOS names */
    int64_t good_scans;
    int64_t failed_scans;
    int64_t good_reads;
    int64_t failed_reads;
    int64_t unreadable_cards;
    int64_t communication_errors; /* times that readers of the kind were lost */
    bool online[TB_UPOS_DEVICE_COUNT];
};

void tb_upos_outcome(struct tb_agent *agent, const struct tb_identify_action *action);
void tb_upos_customer(struct tb_agent *agent); /* somebody was recognised: the visit is open */
void tb_upos_state(struct tb_agent *agent);    /* readers may have come or gone */

/* Numbers of ScanDataType for a GTIN as it was scanned: SCAN_SDT_EAN8, _UPCA, _EAN13, or _OTHER. */
int tb_upos_scan_data_type(const char gtin[TB_GTIN_TEXT_SIZE]);
/* Digits as they stand under that symbol. */
const char *tb_upos_label(const char gtin[TB_GTIN_TEXT_SIZE]);

void tb_upos_open(struct tb_request *r);
void tb_upos_close(struct tb_request *r);
void tb_upos_claim(struct tb_request *r);
void tb_upos_release(struct tb_request *r);
void tb_upos_set(struct tb_request *r);
void tb_upos_get(struct tb_request *r);
void tb_upos_clear_input(struct tb_request *r);
void tb_upos_check_health(struct tb_request *r);
void tb_upos_statistics(struct tb_request *r);
void tb_upos_reset_statistics(struct tb_request *r);

#endif
