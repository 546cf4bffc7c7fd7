/* Any bytes as a reader of the configuration: refused with a reason, or a device that its driver can be
 * given. */
#include "agent/app/wiring.h"
#include "core/base/assert.h"
#include "host/device/device.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tb_agent_config config;
    struct tb_wiring wiring;
    const char *wrong = tb_wiring_check(tb_span_of(data, size));
    if (wrong) {
        TB_ASSERT(wrong[0] != '\0');
        return 0;
    }
    enum tb_err err =
        tb_span_to_str(tb_span_of(data, size), config.readers.text[0], TB_CONFIG_LIST_TEXT_SIZE);
    config.readers.count = 1;
    if (err) /* lines that are longer do not come out of a file */
        return 0;
    err = tb_wiring_of(&config, &wiring);
    TB_ASSERT(!err);
    TB_ASSERT(wiring.count == 1);
    const struct tb_wired_reader *reader = &wiring.readers[0];
    TB_ASSERT(reader->device[0] != '\0' && strlen(reader->device) < size);
    TB_ASSERT(reader->kind == TB_READER_NFC || reader->device[0] == '/');
    TB_ASSERT(strpbrk(reader->device, " \t") == NULL);
    TB_ASSERT(reader->polling_size <= TB_LINK_ECP_MAX);
    TB_ASSERT(reader->baud == 0 || tb_device_baud_valid(reader->baud));
    return 0;
}
