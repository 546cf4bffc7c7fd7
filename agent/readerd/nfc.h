/*
 * An NFC reader on libnfc: tags in, messages out. Opened again when it is plugged again or stops
 * answering. Ends only with the process.
 */
#ifndef TB_AGENT_READERD_NFC_H
#define TB_AGENT_READERD_NFC_H

_Noreturn void nfc_run(const char *connstring);

#endif
