/*
 * An I2C bus over a stream socket, as the master on the host board and a simulated slave speak it. The master
 * sends two bytes for each thing that it does to the bus, and gets two bytes in answer, but for STOP:
 *
 *   master             its second byte                          the answer's second byte
 *   'S' START          address and direction, as on the wire    1 acknowledged, 0 not
 *   'W' byte out       the byte                                 1 acknowledged, 0 not
 *   'R' byte in        1 the last: it is not acknowledged       the byte
 *   'P' STOP           0                                        no answer
 *
 * The answer's first byte says for how many milliseconds the slave holds the clock before that: in words and
 * not in time, so that it is the same on every machine.
 */
#ifndef TB_BOARDS_MCU_HOST_I2C_SOCKET_H
#define TB_BOARDS_MCU_HOST_I2C_SOCKET_H

enum i2c_socket_word {
    I2C_SOCKET_START = 'S',
    I2C_SOCKET_WRITE = 'W',
    I2C_SOCKET_READ = 'R',
    I2C_SOCKET_STOP = 'P',
};

enum { I2C_SOCKET_WORD_SIZE = 2 };

#endif
