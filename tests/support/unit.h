/* cmocka with what its header needs before it; every unit test includes this and not cmocka.h. */
#ifndef TB_TESTS_SUPPORT_UNIT_H
#define TB_TESTS_SUPPORT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
