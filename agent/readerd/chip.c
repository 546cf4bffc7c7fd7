#include "agent/readerd/chip.h"

#include "agent/readerd/device.h"
#include "core/base/assert.h"

#include <errno.h>
#include <fcntl.h>
#include <nfc/nfc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ERRORS_IN_A_ROW_MAX = 3, COMMAND_MAX_MS = 100, COMMAND_SIZE_MAX = 8 };

/* One command to the chip itself. libnfc 1.8 exports it, as its utilities need it, and declares it in no
 * installed header; a build that hides it leaves it NULL. */
extern int pn53x_transceive(struct nfc_device *device, const uint8_t *command, size_t size,
                            uint8_t *ret_answer, size_t size_max, int timeout_ms) __attribute__((weak));

/* nfc_types.h is packed: its members are copied, never pointed to. */
static const nfc_modulation modulation = {.nmt = NMT_ISO14443A, .nbr = NBR_106};

_Static_assert(TB_LINK_APDU_MAX <= 262, "libnfc 1.8 copies a command into 264 bytes, two of them its own");

void chip_init(struct chip *c, const char *connstring)
{
    *c = (struct chip){.connstring = connstring, .lock_fd = -1};
    uart_init(&c->uart, connstring);
}

/* The device file in a connection string "driver:/path[:speed]"; false when it names none. */
static bool device_path(const char *connstring, char *ret_path, size_t size_max)
{
    const char *path = strchr(connstring, ':');
    if (path == NULL || path[1] != '/')
        return false;
    path++;
    struct tb_span span = tb_span_of(path, strcspn(path, ":"));
    return tb_span_to_str(span, ret_path, size_max) == TB_OK;
}

static enum tb_link_reason device_lock(struct chip *c)
{
    char path[NFC_BUFSIZE_CONNSTRING];
    if (!device_path(c->connstring, path, sizeof path))
        return TB_LINK_REASON_NONE;
    return tb_device_claim(path, O_RDWR, &c->lock_fd);
}

static bool initiator_begin(struct chip *c)
{
    return nfc_initiator_init(c->device) >= 0 &&
           nfc_device_set_property_bool(c->device, NP_INFINITE_SELECT, false) >= 0;
}

static bool device_begin(struct chip *c)
{
    if (!uart_find(&c->uart, c->lock_fd))
        return false;
    nfc_init(&c->context);
    if (c->context != NULL)
        c->device = nfc_open(c->context, c->connstring);
    return c->device != NULL && initiator_begin(c) && uart_raise(&c->uart, c->lock_fd);
}

enum tb_link_reason chip_open(struct chip *c)
{
    enum tb_link_reason reason = device_lock(c);
    if (reason == TB_LINK_REASON_NO_DEVICE)
        uart_init(&c->uart, c->connstring); /* what is plugged in next may be another one */
    if (reason != TB_LINK_REASON_NONE)
        return reason;
    if (device_begin(c)) {
        c->error_count = 0;
        return TB_LINK_REASON_NONE;
    }
    reason = chip_is_unplugged(c) ? TB_LINK_REASON_NO_DEVICE : TB_LINK_REASON_NO_ANSWER;
    chip_close(c);
    return reason;
}

void chip_close(struct chip *c)
{
    if (c->device != NULL) {
        uart_lower(&c->uart, c->lock_fd);
        nfc_close(c->device);
    }
    if (c->context != NULL)
        nfc_exit(c->context);
    if (c->lock_fd >= 0)
        (void)close(c->lock_fd);
    c->device = NULL;
    c->context = NULL;
    c->lock_fd = -1;
}

bool chip_is_unplugged(const struct chip *c)
{
    struct pollfd line = {.fd = c->lock_fd};
    return c->lock_fd >= 0 && poll(&line, 1, 0) == 1 && (line.revents & (POLLHUP | POLLERR | POLLNVAL));
}

/* A single failure is noise on the line, and the next command works; several are a device that is gone. */
static enum tb_tap_result result_of(struct chip *c, int code)
{
    if (code >= 0) {
        c->error_count = 0;
        return code > 0 ? TB_TAP_OK : TB_TAP_NONE;
    }
    switch (code) {
    case NFC_ERFTRANS:
    case NFC_ETGRELEASED:
    case NFC_EMFCAUTHFAIL:
    case NFC_EOVFLOW: c->error_count = 0; return TB_TAP_NONE;
    default: break;
    }
    c->error_total++;
    if (chip_is_unplugged(c))
        return TB_TAP_BROKEN;
    if (++c->error_count < ERRORS_IN_A_ROW_MAX)
        return TB_TAP_NONE;
    uart_blame(&c->uart);
    return TB_TAP_BROKEN;
}

/* A card whose activation went unheard would hear no request again: it begins anew, too. */
static enum tb_tap_result unheard(struct chip *c)
{
    enum tb_tap_result result =
        result_of(c, nfc_device_set_property_bool(c->device, NP_ACTIVATE_FIELD, false));
    if (result != TB_TAP_BROKEN)
        result = result_of(c, nfc_device_set_property_bool(c->device, NP_ACTIVATE_FIELD, true));
    return result == TB_TAP_BROKEN ? TB_TAP_BROKEN : TB_TAP_NONE;
}

enum tb_tap_result chip_select(struct chip *c, struct tb_tap_target *ret_target)
{
    nfc_target target;
    memset(&target, 0, sizeof target);
    enum tb_tap_result result =
        result_of(c, nfc_initiator_select_passive_target(c->device, modulation, NULL, 0, &target));
    if (result == TB_TAP_NONE && c->error_count > 0)
        return unheard(c);
    if (result != TB_TAP_OK)
        return result;
    nfc_iso14443a_info info;
    memcpy(&info, &target.nti.nai, sizeof info);
    size_t uid_size = info.szUidLen <= sizeof ret_target->uid ? info.szUidLen : sizeof ret_target->uid;
    ret_target->sak = info.btSak;
    ret_target->atqa = (uint16_t)(info.abtAtqa[0] << 8 | info.abtAtqa[1]);
    ret_target->uid_size = (uint8_t)uid_size;
    memcpy(ret_target->uid, info.abtUid, uid_size);
    return TB_TAP_OK;
}

enum tb_tap_result chip_exchange(struct chip *c, struct tb_span command, bool raw, unsigned timeout_ms,
                                 struct tb_buf *ret_answer)
{
    uint8_t answer[TB_LINK_APDU_ANSWER_MAX];
    TB_ASSERT(command.size > 0 && command.size <= TB_LINK_APDU_MAX);
    TB_ASSERT(timeout_ms > 0 && timeout_ms <= CHIP_CALL_MAX_MS);
    tb_buf_reset(ret_answer);
    /* A flag of libnfc, which no command to the chip goes with: it chooses between InDataExchange and
     * InCommunicateThru. The library keeps it, so that it is set either way. Drivers for other chips may know
     * no raw frames. */
    int set = nfc_device_set_property_bool(c->device, NP_EASY_FRAMING, !raw);
    if (set < 0 && raw)
        return TB_TAP_NONE;
    int size = nfc_initiator_transceive_bytes(c->device, command.at, command.size, answer, sizeof answer,
                                              (int)timeout_ms);
    enum tb_tap_result result = result_of(c, size);
    if (result == TB_TAP_OK)
        tb_buf_add(ret_answer,
                   tb_span_of(answer, (size_t)size < sizeof answer ? (size_t)size : sizeof answer));
    return result;
}

bool chip_can_broadcast(const struct chip *c)
{
    return pn53x_transceive != NULL && strncmp(c->connstring, "pn532_", strlen("pn532_")) == 0;
}

/* A card, or noise, that answers a broadcast does not matter, and neither does that nothing does. */
static bool command_send(struct chip *c, struct tb_span command, int *ret_code)
{
    uint8_t answer[TB_LINK_APDU_ANSWER_MAX];
    *ret_code = pn53x_transceive(c->device, command.at, command.size, answer, sizeof answer, COMMAND_MAX_MS);
    return *ret_code >= 0 || *ret_code == NFC_ERFTRANS;
}

/*
 * PN532 User Manual, RFConfiguration (7.3.1), WriteRegister (7.2.5), InCommunicateThru (7.3.9). A look that
 * found nothing leaves the chip at the frame of REQA, 7 bits without a CRC. What succeeds here says little of
 * the chip, so that failures in a row go on being counted.
 */
enum tb_tap_result chip_broadcast(struct chip *c, struct tb_span frame)
{
    static const struct {
        uint8_t size;
        uint8_t bytes[COMMAND_SIZE_MAX];
    } before[] = {
        {3, {0x32, 0x01, 0x01}},                         /* the field is on */
        {7, {0x08, 0x63, 0x02, 0x80, 0x63, 0x3d, 0x00}}, /* CIU_TxMode, CIU_BitFraming: whole, with CRC */
        {5, {0x32, 0x02, 0x00, 0x0b, 0x04}},             /* an answer is waited for 0.8 ms */
    };
    static const uint8_t usual[] = {0x32, 0x02, 0x00, 0x0b, 0x0a}; /* and 51.2 ms again, as libnfc has it */
    uint8_t thru[1 + TB_LINK_ECP_MAX] = {0x42};
    int code = 0;
    TB_ASSERT(frame.size <= TB_LINK_ECP_MAX);
    memcpy(thru + 1, frame.at, frame.size);
    bool sent = true;
    for (size_t i = 0; i < TB_ARRAY_SIZE(before) && sent; i++)
        sent = command_send(c, tb_span_of(before[i].bytes, before[i].size), &code);
    sent = sent && command_send(c, tb_span_of(thru, 1 + frame.size), &code);
    sent = sent && command_send(c, tb_span_of(usual, sizeof usual), &code);
    return sent ? TB_TAP_NONE : result_of(c, code);
}

/* libnfc knows no way to look for some kinds of card; those are selected again. */
enum tb_tap_result chip_is_present(struct chip *c)
{
    int code = nfc_initiator_target_is_present(c->device, NULL);
    if (code == NFC_EDEVNOTSUPP || code == NFC_EINVARG)
        return TB_TAP_NONE;
    return code == NFC_SUCCESS ? result_of(c, 1) : result_of(c, code);
}

void chip_deselect(struct chip *c)
{
    (void)nfc_initiator_deselect_target(c->device);
}

void chip_field_off(struct chip *c)
{
    (void)nfc_device_set_property_bool(c->device, NP_ACTIVATE_FIELD, false);
}

void chip_field_cycle(struct chip *c)
{
    chip_field_off(c);
    (void)nfc_device_set_property_bool(c->device, NP_ACTIVATE_FIELD, true);
}
