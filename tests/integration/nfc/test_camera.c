/* A camera; its pictures come through a FIFO. */
#include "tests/integration/nfc/fifo.h"

#include "core/base/assert.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { WIDTH = 320, HEIGHT = 240, MODULE = 4, QUIET = 40, PICTURE_SIZE = WIDTH * HEIGHT };

/* "https://shop.example/m/0123456789" */
static const char *const member_code[] = {
    "#######.#.######.##.#.#######", "#.....#..####..#....#.#.....#", "#.###.#.#.####...###..#.###.#",
    "#.###.#...#.#..##..#..#.###.#", "#.###.#..#..#..##.#...#.###.#", "#.....#.#....##.#.#.#.#.....#",
    "#######.#.#.#.#.#.#.#.#######", ".........##..#....###........", "#.#...##....##.##...#..#..#.#",
    "...##...##.##...#..#..#....##", "..##.##.##.####.#.##...####.#", "#..#.#.##...#.###...#.#..#...",
    ".##..##...#..##..####.#.....#", "####.#..#..####....##.##...##", ".##...#..#.##..#.#.##.#.....#",
    ".#..##.#..##.#....#.##.##....", "..##..#.#.####.####.#.##....#", "..#....##.#.#...#..#####..###",
    "###.###..###.##.######.###..#", "..#......##.#.#####.....#....", "##...##...#####.##########.#.",
    "........##.####..#.##...###.#", "#######.#.###..##.#.#.#.#...#", "#.....#..#..##...#.##...#...#",
    "#.###.#...##.#.###.#######..#", "#.###.#..#.##..#.#.#.#..####.", "#.###.#.###...##.#...#..#..##",
    "#.....#...#..##.#.#.#..###...", "#######.#.#####.##..#.###...#",
};

/* "BEGIN:VCARD", a line end, "END:VCARD", a line end */
static const char *const visiting_card[] = {
    "#######.###.##..#.#######", "#.....#.###..#....#.....#", "#.###.#.#.##.#.##.#.###.#",
    "#.###.#.##.#...#..#.###.#", "#.###.#......#..#.#.###.#", "#.....#.#..#####..#.....#",
    "#######.#.#.#.#.#.#######", ".........#..#.###........", "##..###....#.##.#..#.####",
    ".#.###...##.###...#..#..#", ".....####..###...#..#.#.#", "#.###..##.##.#.#.##..##..",
    ".#..#.###.#.###.#..##..##", "##.##....#...##..########", "...####.#.#.....##.#..#.#",
    "..#..#.##.#.#......#....#", "##.####.#.##.########.##.", "........###.#.#.#...#.###",
    "#######..#.######.#.#..##", "#.....#.#..#.#.##...#....", "#.###.#.#...##..#########",
    "#.###.#...#..###.##...#.#", "#.###.#..##....##.....##.", "#.....#.#.#.#.#.##.#...##",
    "#######.#.##.##.##...#..#",
};

static struct harness h;
static struct fifo fifo;
static pid_t film;       /* writes the picture over and over, as a camera does; 0: none */
static uint8_t *picture; /* shared with it */

static void picture_clear(void)
{
    memset(picture, 255, PICTURE_SIZE);
}

static void dark(unsigned x, unsigned y, unsigned width, unsigned height)
{
    for (unsigned row = y; row < y + height; row++)
        memset(picture + row * WIDTH + x, 0, width);
}

static void qr_draw(const char *const *rows, size_t row_count)
{
    picture_clear();
    for (unsigned y = 0; y < row_count; y++)
        for (unsigned x = 0; rows[y][x]; x++)
            if (rows[y][x] == '#')
                dark(QUIET + x * MODULE, QUIET + y * MODULE, MODULE, MODULE);
}

/* EAN-13 as GS1 General Specifications section 5.2.1 draws it, two pixels a module. */
static void ean_draw(const char *digits)
{
    static const char *const odd[] = {"0001101", "0011001", "0010011", "0111101", "0100011",
                                      "0110001", "0101111", "0111011", "0110111", "0001011"};
    static const char *const parities[] = {"OOOOOO", "OOEOEE", "OOEEOE", "OOEEEO", "OEOOEE",
                                           "OEEOOE", "OEEEOO", "OEOEOE", "OEOEEO", "OEEOEO"};
    char bars[96] = "101";
    size_t size = 3;
    for (unsigned i = 1; i < 13; i++) {
        const char *code = odd[digits[i] - '0'];
        bool even = i <= 6 && parities[digits[0] - '0'][i - 1] == 'E';
        for (unsigned k = 0; k < 7; k++) /* even parity: the right-hand code backwards; right: inverted */
            bars[size++] = i > 6 || even ? (char)('0' + '1' - code[even ? 6 - k : k]) : code[k];
        if (i == 6 || i == 12) {
            memcpy(bars + size, i == 6 ? "01010" : "101", i == 6 ? 5 : 3);
            size += i == 6 ? 5 : 3;
        }
    }
    picture_clear();
    for (unsigned i = 0; i < size; i++)
        if (bars[i] == '1')
            dark(QUIET + 2 * i, QUIET, 2, 120);
}

static _Noreturn void film_run(void)
{
    char head[32];
    int size = snprintf(head, sizeof head, "P5\n# a test\n%d %d\n255\n", WIDTH, HEIGHT);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        fifo_write(&fifo, head, (size_t)size);
        fifo_write(&fifo, picture, PICTURE_SIZE);
    }
}

static void film_start(void)
{
    film = fork();
    assert_true(film >= 0);
    if (film == 0)
        film_run();
}

static void film_stop(void)
{
    if (film == 0)
        return;
    assert_int_equal(kill(film, SIGKILL), 0);
    assert_int_equal(waitpid(film, NULL, 0), film);
    film = 0;
}

static int start(void **state)
{
    (void)state;
    fifo_start(&fifo, &h, TB_READER_CAMERA);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    film_stop();
    fifo_stop(&fifo);
    return 0;
}

static void codes_are_read(void **state)
{
    (void)state;
    qr_draw(member_code, TB_ARRAY_SIZE(member_code));
    film_start();
    harness_expect(&h, "line https://shop.example/m/0123456789");
    ean_draw("5901234123457");
    harness_expect(&h, "line 5901234123457");
}

/* It is in one picture after another; the next that is told is the other one. */
static void code_that_stays_is_told_once(void **state)
{
    (void)state;
    ean_draw("5901234123457");
    film_start();
    harness_expect(&h, "line 5901234123457");
    for (unsigned i = 0; i < 3; i++) { /* each is answered between one picture and the next */
        assert_int_equal(tb_readers_stats(h.readers, 0, &(uint8_t){0}), TB_OK);
        harness_expect(&h, "stats 0 0 0 1 0");
    }
    ean_draw("4006381333931");
    harness_expect(&h, "line 4006381333931");
}

static void code_of_several_lines_fails_as_a_whole(void **state)
{
    (void)state;
    qr_draw(visiting_card, TB_ARRAY_SIZE(visiting_card));
    film_start();
    harness_expect(&h, "line failed line.not_text");
}

static void stream_of_something_else_is_given_up(void **state)
{
    (void)state;
    fifo_write(&fifo, "P6\n1 1\n255\n", 11);
    harness_expect(&h, "state unplugged device.absent");
    harness_expect(&h, "state ready");
    ean_draw("5901234123457");
    film_start();
    harness_expect(&h, "line 5901234123457");
}

static void unplugged_camera_comes_back(void **state)
{
    (void)state;
    fifo_write(&fifo, "P5 320 240 255\n half a picture", 30);
    fifo_unplug(&fifo);
    harness_expect(&h, "state unplugged device.absent");
    fifo_plug(&fifo);
    harness_expect(&h, "state ready");
    ean_draw("5901234123457");
    film_start();
    harness_expect(&h, "line 5901234123457");
}

int main(void)
{
    picture = mmap(NULL, PICTURE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (picture == MAP_FAILED)
        return EXIT_FAILURE;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(codes_are_read, start, stop),
        cmocka_unit_test_setup_teardown(code_that_stays_is_told_once, start, stop),
        cmocka_unit_test_setup_teardown(code_of_several_lines_fails_as_a_whole, start, stop),
        cmocka_unit_test_setup_teardown(stream_of_something_else_is_given_up, start, stop),
        cmocka_unit_test_setup_teardown(unplugged_camera_comes_back, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
