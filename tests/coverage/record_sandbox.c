#include "config.h"

#include "lib/sandbox.h"
#include "tests/coverage/record.h"

int __real_sandbox_enter(const struct sandbox *s, struct sandbox_state *state,
    struct err *err);
int __wrap_sandbox_enter(const struct sandbox *s, struct sandbox_state *state,
    struct err *err);

int
__wrap_sandbox_enter(
    const struct sandbox *s, struct sandbox_state *state, struct err *err)
{
	record_begin();
	return __real_sandbox_enter(s, state, err);
}
