/* The login helper's confinement as on a kernel without Landlock. */
#define syscall no_landlock
#include "lib/confine.c"

long
no_landlock(long number, ...)
{
	(void)number;
	errno = ENOSYS;
	return -1;
}
