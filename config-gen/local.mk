# libconfig-gen: all modules of certgate but its main and its subcommands, so
# that the tests link what the program does.
noinst_LIBRARIES += config-gen/libconfig-gen.a
config_gen_libconfig_gen_a_SOURCES = \
	config-gen/change.c config-gen/change.h \
	config-gen/command.c config-gen/command.h \
	config-gen/conffile.c config-gen/conffile.h \
	config-gen/diag.c config-gen/diag.h \
	config-gen/generation.c config-gen/generation.h \
	config-gen/held.c \
	config-gen/history.c \
	config-gen/journal.c config-gen/journal.h \
	config-gen/pending.c config-gen/pending.h \
	config-gen/policy.c config-gen/policy.h \
	config-gen/policy_authority.c \
	config-gen/policy_check.c \
	config-gen/policy_collide.c \
	config-gen/policy_cover.c \
	config-gen/policy_entry.c \
	config-gen/policy_group.c \
	config-gen/policy_include.c \
	config-gen/policy_input.c config-gen/policy_input.h \
	config-gen/policy_keys.c config-gen/policy_keys.h \
	config-gen/policy_memory.c config-gen/policy_memory.h \
	config-gen/policy_name.c \
	config-gen/policy_parse.h \
	config-gen/policy_report.c \
	config-gen/policy_rule.c \
	config-gen/policy_syntax.c \
	config-gen/policy_value.c \
	config-gen/policy_yaml.c \
	config-gen/process.c config-gen/process.h \
	config-gen/reload.c config-gen/reload.h \
	config-gen/root.c config-gen/root.h \
	config-gen/session.c config-gen/session.h \
	config-gen/sshd.c config-gen/sshd.h \
	config-gen/sshdconf.c config-gen/sshdconf.h \
	config-gen/sshdconf_edit.c \
	config-gen/sshdconf_find.c \
	config-gen/sshdconf_glob.c \
	config-gen/sshdconf_int.h \
	config-gen/sshdconf_line.c \
	config-gen/sshdconf_ours.c \
	config-gen/sshdconf_stage.c \
	config-gen/store.c config-gen/store.h \
	config-gen/tree.c config-gen/tree.h \
	config-gen/tree_share.c \
	config-gen/undo.c config-gen/undo.h

