/*
 * answer: prints its argument.  Compiled and linked like the login helper: the
 * least that an AuthorizedPrincipalsCommand can be.
 */
#include <string.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	size_t len;

	if (argc != 2)
		return 2;
	len = strlen(argv[1]);
	argv[1][len] = '\n';
	_exit(write(STDOUT_FILENO, argv[1], len + 1) < 0);
}
