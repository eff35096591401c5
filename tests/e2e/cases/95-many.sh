# shellcheck shell=bash
# Above 1,000 principals in a rule, or 1,000 users, the helper serves.

policy()
{
	write_policy <<EOF
version: 1
authorities:
  cloudflare: {keys: ["$(ca_key cf)"], principals: email-prefix}
groups:
  everybody:
$(seq -f '    - g%g@example.com' "$1")
users:
  johndoe: jdoe@example.com
  vmuser: {allow: [{group: everybody}]}
  deploy:
$(seq -f '    - p%g@example.com' "$2")
$(seq -f '  user%g: jdoe@example.com' "$3")
EOF
}

cert jdoe --id jdoe@example.com --principals jdoe
for name in g1 g1000 g1001 g1002 p1 p1001 p1002; do
	cert $name --id $name@example.com --principals $name
done

policy 1000 1000 900
apply
check "1,000 principals make a list" is_list_served deploy
check "a group of 1,000 makes a list" is_list_served vmuser
login_ok vmuser g1000 'group: everybody'
login_ok deploy p1 '- p1@'
login_no vmuser g1001 no-matching-principal 'vmuser:'

policy 1001 1001 900
apply
check_status 1 "1,001 principals make none" is_list_served deploy
check_status 1 "a group of 1,001 makes none" is_list_served vmuser
check "johndoe still has a list" is_list_served johndoe
login_ok vmuser g1001 'group: everybody'
login_ok vmuser g1 'group: everybody'
login_no vmuser g1002 no-matching-principal 'vmuser:'
login_ok deploy p1001 '- p1001@'
login_no deploy p1002 no-matching-principal 'deploy:'
login_ok johndoe jdoe 'johndoe:'

policy 10 10 1000
apply
check_status 1 "1,003 users: no lists" is_list_served johndoe
login_ok johndoe jdoe 'johndoe:'
login_ok vmuser g1 'group: everybody'
login_no johndoe p1 no-matching-principal 'johndoe:'

# Long work says how far it is, to who sits at a terminal: over itself, and
# gone at the end.
policy 10 10 40000
at_a_terminal()
{
	script -qec "$CERTGATE check $POLICY" /dev/null </dev/null |
	    tr '\r' '\n' | sed 's/ *$//' >/run/terminal.out
}
check "check of a large policy, at a terminal" at_a_terminal
check_says '^certgate: reading the policy: [1-9][0-9]? %$' "... shows how far it is" \
    cat /run/terminal.out
check_says '^certgate: reading the policy: 100 %$' "... up to the end" \
    cat /run/terminal.out
check "... and last of all its answer" \
    sh -c "tail -n 1 /run/terminal.out | grep -v 'reading the policy'"
check_status 1 "elsewhere nothing of it is said" \
    sh -c "$CERTGATE check $POLICY 2>&1 | grep -q 'reading the policy'"
