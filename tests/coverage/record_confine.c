#include "config.h"

#include "lib/confine.h"
#include "tests/coverage/record.h"

enum confined __real_confine_enter(void);
enum confined __wrap_confine_enter(void);

enum confined
__wrap_confine_enter(void)
{
	record_begin();
	return __real_confine_enter();
}
