/*
 * Exchanges with phones, byte for byte. Of Smart Tap: one synthetic session between Google's published demo
 * collector (20180608, key version 1) and a phone whose key is 22 … 22; the numbers of the terminal are
 * 00 … 1f, 11 … 11 and 11 22 … 88. Of VAS: a captured cryptogram of a published demo pass, whose private
 * key is published too. Scalars stand here as plain hex because they protect nothing.
 */
#ifndef TB_TESTS_SUPPORT_WALLET_VECTORS_H
#define TB_TESTS_SUPPORT_WALLET_VECTORS_H

#define COLLECTOR "20180608"
#define COLLECTOR_KEY "826d17e50767b165b0e4d9e332f8d1d1e20224284fb4daf1e50a03246e70797d"
#define TERMINAL_RANDOM                                                \
    "1122334455667788"                                                 \
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" \
    "1111111111111111111111111111111111111111111111111111111111111111"
#define PHONE_NONCE "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
#define PHONE_POINT "03d65a93977caa3d1b081852ff57a79e465f1660577304baead505dd3a48589cf3"

#define OSE_ANSWER                                                                                           \
    "6f8184500a416e64726f6964506179c0020001c108cc00000000008080c220202122232425262728292a2b2c2d2e2f30313233" \
    "3435363738393a3b3c3d3e3fc32103d65a93977caa3d1b081852ff57a79e465f1660577304baead505dd3a48589cf3a523bf0c" \
    "20611e4f09a000000476d0000111870101730edf6d020000df4d020001df6201039000"
#define SELECT_COMMAND "00a4040009a000000476d000011100"
#define SELECT_ANSWER "00000001dc0321036d646e6d646e04" PHONE_NONCE "9000"
#define NEGOTIATE_COMMAND                                                                                    \
    "90530000bed403b86e6772000194030a736573112233445566778801015403a0637072000102030405060708090a0b0c0d0e0f" \
    "101112131415161718191a1b1c1d1e1f01020217e617f0b6443928278f96999e69a23a4f2c152bdf6d6cdf66e5b80282d4ed00" \
    "000001940349736967043046022100924281d0d3514bb8350fdd077483d5da7aa447304c51c662b8c728bbdcd2fd5802210084" \
    "14b3eb8c9abaf60754ae28ffdf32fc0964874f6761e6ca2af4ff5798507db3540305636c64040133ee8000"
#define NEGOTIATE_ANSWER                                                                                     \
    "d403376e727394030a7365731122334455667788020154032164706b03d65a93977caa3d1b081852ff57a79e465f1660577304" \
    "baead505dd3a48589cf39000"
#define GET_DATA_COMMAND                                                                                     \
    "9050000041d4033b737271000194030a7365731122334455667788030114030b6d6572d40305636c64040133ee80140307736c" \
    "72d4030173747203540305706372080000000100"
#define GET_MORE_COMMAND "90c0000000"
#define BUNDLE_FIRST /* 200 bytes */                                                                         \
    "d403df73727394030a736573112233445566778804015403c972656201c0c1c2c3c4c5c6c7c8c9cacbb9888e5db44818069897" \
    "af4ddae006ddcdf09977998e35cd87f2ae16f7ca7b3b9a306ba2d81476d0c3fa18ffe43512b9f60be0d6df4b1ded7faeed2df1" \
    "766dea1fa6322ce32986243f52d87873421053ea8c0be1f071321cf48c1982a261e12b1d13d4f68fa94f97e2b0a7a407b28f91" \
    "2059cd92c37ae46a8bd170daf5952a3d73f33f1929f537ac73c54b9943bc66b34aa868dcf548898b5b39fdb6d64985"
#define BUNDLE_REST "4dfabed27b2c505e898fbef14fd350a596bb780be6e80f666c91460446"
#define PASS_NUMBER "LOYAL-0001234567"
#define BUNDLE_PLAIN                                                                                         \
    "94033b6173769c010601696904010102030454022a6c799c0309036f69646f69640401020304050607085c0111016e6e014c4f" \
    "59414c2d303030313233343536375403556173769c01060169690402000000005403436375739c03110363696463696404a0a1" \
    "a2a3a4a5a6a7a8a9aaabacadaeaf190105035463706c02656e656e5c03110363757463757404b0b1b2b3b4b5b6b7b8b9babbbc" \
    "bdbebf"

#define PASS_TYPE "pass.com.passkit.pksamples.nfcdemo"
#define PASS_TYPE_HASH "03b57cdb3eca0984ba9abdc2fb45d86626d87b39d33c5c6dbbc313a6347a3146"
#define PASS_KEY "3d1547f23cd78ad052a58860f1219e8fb791ec4dfe33769f5b9bfa627a656ca1"
#define PASS_KEY_X "c0a301bf6f41c9a48b88617415cb6ec81f87b36a19d640c86214d59653dec4d1"
#define VAS_OSE_ANSWER "6f1d50084170706c655061799f210201009f2404c05d48d09f23040000001e9000"
#define VAS_COMMAND                                                                                          \
    "80ca01014b9f220201009f252003b57cdb3eca0984ba9abdc2fb45d86626d87b39d33c5c6dbbc313a6347a31469f2604008000" \
    "029f2b0501000000009f291168747470733a2f2f6170706c652e636f6d00"
#define VAS_URL "https://apple.com"
#define CRYPTOGRAM                                                                                          \
    "c0b77375d3f37956d84a538f28ac2a04b38ddc1a67d3647a4dd30abd736ea1cea8038388692e89db99e4746d872de78239564" \
    "0c536e79a75c47a9343da0af3937f06eeca7a865c4ad05a2c543ad2"
#define VAS_ANSWER "70549f2a009f274e" CRYPTOGRAM "9000"
#define VAS_MESSAGE "6d1UlFpnOc50iVKRaboDOK"
#define VAS_TIME_MS INT64_C(1688920558000) /* 2023-07-09 16:35:58 UTC */

#endif
