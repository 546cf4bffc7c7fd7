/* Signed tokens for bench_credential: a whole line judged, beside the bare verification that it needs. */
#ifndef TB_TESTS_BENCH_CREDENTIAL_TOKEN_H
#define TB_TESTS_BENCH_CREDENTIAL_TOKEN_H

void token_begin(void);
void token_jws_ours(void);
void token_cwt_ours(void);
void token_jws_bare(void);
void token_cwt_bare(void);

#endif
