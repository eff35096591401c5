# CG_FLAGS(VARIABLE, FLAGS): those of FLAGS that the compiler takes.
AC_DEFUN([CG_FLAGS], [
    cg_save_CFLAGS=$CFLAGS
    for cg_flag in m4_normalize([$2]); do
        AC_MSG_CHECKING([whether $CC takes $cg_flag])
        CFLAGS="$cg_save_CFLAGS -Werror $cg_flag"
        AC_COMPILE_IFELSE([AC_LANG_SOURCE([int main(void) { return 0; }])],
            [AC_MSG_RESULT([yes]); $1="$$1 $cg_flag"],
            [AC_MSG_RESULT([no])])
    done
    CFLAGS=$cg_save_CFLAGS
])

# CG_LDFLAGS(VARIABLE, FLAGS): those of FLAGS that compiler and linker take.
AC_DEFUN([CG_LDFLAGS], [
    cg_save_LDFLAGS=$LDFLAGS
    cg_save_CFLAGS=$CFLAGS
    for cg_flag in m4_normalize([$2]); do
        AC_MSG_CHECKING([whether linking takes $cg_flag])
        CFLAGS="$cg_save_CFLAGS -fPIE"
        LDFLAGS="$cg_save_LDFLAGS $cg_flag"
        AC_LINK_IFELSE([AC_LANG_SOURCE([int main(void) { return 0; }])],
            [AC_MSG_RESULT([yes]); $1="$$1 $cg_flag"],
            [AC_MSG_RESULT([no])])
    done
    CFLAGS=$cg_save_CFLAGS
    LDFLAGS=$cg_save_LDFLAGS
])

# CG_TRY_HELPER(KIND, CC, CFLAGS, LDFLAGS, LIBS): whether a program that must
# be relocated where it is position-independent can be made and run that way;
# sets HELPER_* if so.
AC_DEFUN([CG_TRY_HELPER], [
    AS_IF([test -z "$HELPER_KIND"], [
        AC_MSG_CHECKING([for a login helper linked as: $1])
        cat >conftest.c <<'CG_EOF'
#include <string.h>
#include <unistd.h>
static const char *const words[[]] = { "no", "yes" };
int
main(int argc, char **argv)
{
	(void)argv;
	return getpid() > 0 && strcmp(words[[argc]], "yes") == 0 ? 0 : 1;
}
CG_EOF
        AS_IF([$2 -O2 $3 -o conftest.helper $4 conftest.c $5 \
            >&AS_MESSAGE_LOG_FD 2>&1 && ./conftest.helper],
            [AC_MSG_RESULT([yes])
             HELPER_KIND="$1"
             HELPER_CC="$2"
             HELPER_CFLAGS="$3"
             HELPER_LDFLAGS="$4"
             HELPER_LIBS="$5"],
            [AC_MSG_RESULT([no])])
        rm -f conftest.c conftest.helper
    ])
])

# CG_TRY_RANDOM_HELPER: static at a random address, since the helper reads
# what strangers send; that costs 0.01 ms per start.  musl-gcc knows no
# -static-pie: it is told what gcc does for it.
AC_DEFUN([CG_TRY_RANDOM_HELPER], [
    cg_crt=`musl-gcc -v -x c /dev/null -o conftest.helper 2>&1 |
        $SED -n 's|.* \(/.*\)/S*crt1\.o .*|\1|p'`
    cg_begin=`musl-gcc -print-file-name=crtbeginS.o 2>/dev/null`
    cg_end=`musl-gcc -print-file-name=crtendS.o 2>/dev/null`
    CG_TRY_HELPER([static musl, at a random address], [musl-gcc], [-fPIE],
        [-static -nostartfiles -Wl,-pie,--no-dynamic-linker,-z,text $cg_crt/rcrt1.o $cg_crt/crti.o $cg_begin],
        [-lc $cg_end $cg_crt/crtn.o])
])

# CG_HELPER: how helpers/authorized-principals is linked.  sshd starts it
# twice per login, and a process start costs more than all its work, so the
# cheapest start that works here is taken: static musl, static glibc, dynamic.
AC_DEFUN([CG_HELPER], [
    HELPER_KIND=
    AS_IF([test "x$enable_static_helper" = xyes], [
        AS_IF([test "x$enable_hardening" = xyes], [CG_TRY_RANDOM_HELPER])
        CG_TRY_HELPER([static musl], [musl-gcc], [], [-static], [])
        AS_IF([test "x$enable_hardening" = xyes], [
            CG_TRY_HELPER([static, at a random address], [$CC], [-fPIE],
                [-static-pie], [])])
        CG_TRY_HELPER([static], [$CC], [], [-static], [])
    ])
    CG_TRY_HELPER([dynamic], [$CC], [-fPIE $COVERAGE_FLAGS],
        [$PIE_LDFLAGS $SAN_FLAGS], [])
    AS_IF([test -z "$HELPER_KIND"],
        [AC_MSG_ERROR([the login helper cannot be linked; see config.log])])
    # What no login needs stays out.
    CG_LDFLAGS([HELPER_SECTIONS],
        [-ffunction-sections -fdata-sections -Wl,--gc-sections])
    HELPER_CFLAGS="$HELPER_CFLAGS $HELPER_SECTIONS"
    AC_SUBST([HELPER_CC])
    AC_SUBST([HELPER_CFLAGS])
    AC_SUBST([HELPER_LDFLAGS])
    AC_SUBST([HELPER_LIBS])
    AC_SUBST([HELPER_KIND])
])
