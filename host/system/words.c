#include "host/system/words.h"

const char *tb_err_words(enum tb_err err)
{
    switch (err) {
    case TB_OK: return "all is well";
    case TB_ERR_AGAIN:
    case TB_ERR_TIMEOUT: return "it took too long: try again";
    case TB_ERR_BUSY: return "another program uses it: end that one, or name another";
    case TB_ERR_OFFLINE: return "it does not answer: check that it runs and can be reached";
    case TB_ERR_FULL: return "there is no room: free some on the disk and try again";
    case TB_ERR_DENIED: return "this user may not use it: check its owner and mode";
    case TB_ERR_NOT_FOUND: return "there is no such file, folder or thing: check the name";
    case TB_ERR_CONFLICT:
        return "it is there already and was left as it is: name another, or remove it first";
    case TB_ERR_UNSUPPORTED: return "it is of a kind that this program does not work with";
    case TB_ERR_NEWER_VERSION:
        return "a newer version of this program made it, and it was left as it is: use that version";
    case TB_ERR_EXPIRED: return "it has expired: make a new one";
    case TB_ERR_REPLAYED: return "it was used before: make a new one";
    case TB_ERR_FIND_LIMIT: return "this terminal searched for too many customers within an hour";
    case TB_ERR_HANDOVER_LIMIT:
        return "too many hand-overs of this terminal are open: try again in a few minutes";
    case TB_ERR_CUSTOMER_LIMIT:
        return "this terminal has asked for too many customers: wait an hour, or look at who uses it";
    case TB_ERR_OPERATOR: return "nobody is signed on: show a badge first";
    case TB_ERR_ASSURANCE:
        return "what was presented proves too little: tap the card, or show the app's code";
    case TB_ERR_TRUNCATED:
    case TB_ERR_SYNTAX:
    case TB_ERR_DEPTH:
    case TB_ERR_DUPLICATE_KEY:
    case TB_ERR_UTF8:
    case TB_ERR_CHECKSUM:
    case TB_ERR_TYPE:
    case TB_ERR_MISSING:
        return "it does not have the form that is needed here: check that it is the right one";
    case TB_ERR_TOO_LONG: return "it is longer than can be: check that it is the right one";
    case TB_ERR_RANGE: return "it is not within what may be given here: see the help";
    case TB_ERR_SIGNATURE: return "key and certificate or signature do not belong together: check both";
    case TB_ERR_NO_MEMORY: return "there is no memory left: end other programs, or add some";
    case TB_ERR_IO: return "it cannot be read or written: check the path and the disk";
    case TB_ERR_CONFIG: return "the configuration does not allow it: see the lines before";
    case TB_ERR_INTERNAL: return "something is wrong with this program: report it with the lines before";
    case TB_ERR_CORRUPT: return "it is damaged: put back a copy that is not";
    case TB_ERR_SEAL:
        return "it is damaged, or another key sealed it: put back the key or the file that belongs to it";
    }
    return "something is wrong with this program: report it with the lines before";
}
