#include "agent/uplink/address.h"

#include "core/base/text.h"

#define SCHEME "wss://"
#define PORT_PRESET 443

static bool is_name_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
}

static bool is_path_byte(uint8_t c)
{
    return c > ' ' && c < 0x7f && c != '#' && c != '"' && c != '\\';
}

static size_t leading(struct tb_span text, bool (*is_wanted)(uint8_t c))
{
    size_t size = 0;
    while (size < text.size && is_wanted(text.at[size]))
        size++;
    return size;
}

static enum tb_err port_read(struct tb_span *rest, uint16_t *ret_port)
{
    *ret_port = PORT_PRESET;
    if (rest->size == 0 || rest->at[0] != ':')
        return TB_OK;
    size_t size = 1;
    while (size < rest->size && rest->at[size] != '/')
        size++;
    uint64_t port = 0;
    if (tb_decimal_decode(tb_span_sub(*rest, 1, size - 1), UINT16_MAX, &port) || port == 0)
        return TB_ERR_CONFIG;
    *ret_port = (uint16_t)port;
    *rest = tb_span_sub(*rest, size, rest->size);
    return TB_OK;
}

enum tb_err tb_address_read(struct tb_span text, struct tb_address *ret_address)
{
    *ret_address = (struct tb_address){0};
    if (!tb_span_starts(text, tb_span_str(SCHEME)))
        return TB_ERR_CONFIG;
    struct tb_span rest = tb_span_sub(text, strlen(SCHEME), text.size);
    size_t name_size = leading(rest, is_name_byte);
    if (name_size == 0 ||
        tb_span_to_str(tb_span_sub(rest, 0, name_size), ret_address->name, TB_ADDRESS_NAME_SIZE))
        return TB_ERR_CONFIG;
    rest = tb_span_sub(rest, name_size, rest.size);
    if (port_read(&rest, &ret_address->port))
        return TB_ERR_CONFIG;
    struct tb_span path = rest.size ? rest : tb_span_str("/");
    if (path.at[0] != '/' || leading(path, is_path_byte) != path.size ||
        tb_span_to_str(path, ret_address->path, TB_ADDRESS_PATH_SIZE))
        return TB_ERR_CONFIG;
    return TB_OK;
}
