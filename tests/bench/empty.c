/*
 * empty: does nothing.  Compiled and linked like the login helper; what it
 * costs to start is what no helper can save.
 */
int
main(void)
{
	return 0;
}
