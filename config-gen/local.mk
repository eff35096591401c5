# libconfig-gen: all modules of certgate but its main and its subcommands, so
# that the tests link what the program does.
noinst_LIBRARIES += config-gen/libconfig-gen.a
config_gen_libconfig_gen_a_SOURCES = \
	config-gen/accepted.c config-gen/accepted.h \
	config-gen/account.c config-gen/account.h \
	config-gen/admit.c config-gen/admit.h \
	config-gen/cakeys.c config-gen/cakeys.h \
	config-gen/candidates.c config-gen/candidates.h \
	config-gen/certfile.c config-gen/certfile.h \
	config-gen/change.c config-gen/change.h \
	config-gen/command.c config-gen/command.h \
	config-gen/command_child.c config-gen/command_int.h \
	config-gen/compile.c config-gen/compile.h \
	config-gen/compile_index.c \
	config-gen/conffile.c config-gen/conffile.h \
	config-gen/conflict.c config-gen/conflict.h \
	config-gen/deploy.c config-gen/deploy.h \
	config-gen/diag.c config-gen/diag.h \
	config-gen/doctor.c config-gen/doctor.h config-gen/doctor_int.h \
	config-gen/doctor_config.c \
	config-gen/doctor_files.c \
	config-gen/doctor_helper.c \
	config-gen/doctor_keys.c \
	config-gen/doctor_lists.c \
	config-gen/doctor_login.c \
	config-gen/doctor_pam.c \
	config-gen/doctor_service.c \
	config-gen/drift.c config-gen/drift.h \
	config-gen/folder.c config-gen/folder.h \
	config-gen/fetch.c config-gen/fetch.h \
	config-gen/fetched.c config-gen/fetched.h \
	config-gen/generation.c config-gen/generation.h \
	config-gen/held.c \
	config-gen/history.c \
	config-gen/journal.c config-gen/journal.h \
	config-gen/keysfile.c config-gen/keysfile.h \
	config-gen/krl.c config-gen/krl.h \
	config-gen/krl_check.c config-gen/krl_check.h \
	config-gen/lockfile.c config-gen/lockfile.h \
	config-gen/login.c config-gen/login.h \
	config-gen/manifest.c config-gen/manifest.h \
	config-gen/mechanism.c \
	config-gen/offer.c config-gen/offer.h \
	config-gen/overlap.c config-gen/overlap.h \
	config-gen/pamkeep.c config-gen/pamkeep.h \
	config-gen/pammech.c config-gen/pammech.h \
	config-gen/pammech_authselect.c \
	config-gen/pammech_debian.c \
	config-gen/pamready.c config-gen/pamready.h \
	config-gen/pamsetup.c config-gen/pamsetup.h \
	config-gen/pamstack.c config-gen/pamstack.h \
	config-gen/pamstack_reach.c \
	config-gen/pamview.c config-gen/pamview.h \
	config-gen/pending.c config-gen/pending.h \
	config-gen/people.c config-gen/people.h \
	config-gen/policy.c config-gen/policy.h \
	config-gen/policy_authority.c \
	config-gen/policy_char.c \
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
	config-gen/policy_revoked.c \
	config-gen/policy_rule.c \
	config-gen/policy_shadow.c \
	config-gen/policy_syntax.c \
	config-gen/policy_trust.c \
	config-gen/policy_url.c \
	config-gen/policy_value.c \
	config-gen/policy_yaml.c \
	config-gen/policyedit.c config-gen/policyedit.h \
	config-gen/policytext.c config-gen/policytext.h \
	config-gen/policytext_check.c \
	config-gen/policytext_edit.c \
	config-gen/policytext_int.h \
	config-gen/probe.c config-gen/probe.h \
	config-gen/process.c config-gen/process.h \
	config-gen/progress.c config-gen/progress.h \
	config-gen/reach.c config-gen/reach.h \
	config-gen/rehearse.c config-gen/rehearse.h \
	config-gen/rehearse_cert.c \
	config-gen/rehearse_int.h \
	config-gen/rehearse_who.c \
	config-gen/reload.c config-gen/reload.h \
	config-gen/root.c config-gen/root.h \
	config-gen/service.c config-gen/service.h config-gen/service_int.h \
	config-gen/service_args.c \
	config-gen/service_exec.c \
	config-gen/session.c config-gen/session.h \
	config-gen/setting.c config-gen/setting.h \
	config-gen/snapshot.c config-gen/snapshot.h \
	config-gen/sshd.c config-gen/sshd.h \
	config-gen/sshdconf.c config-gen/sshdconf.h \
	config-gen/sshdconf_edit.c \
	config-gen/sshdconf_find.c \
	config-gen/sshdconf_glob.c \
	config-gen/sshdconf_int.h \
	config-gen/sshdconf_line.c \
	config-gen/sshdconf_ours.c \
	config-gen/sshdconf_stage.c \
	config-gen/stage.c config-gen/stage.h \
	config-gen/standing.c config-gen/standing.h \
	config-gen/store.c config-gen/store.h \
	config-gen/takeback.c config-gen/takeback.h \
	config-gen/target.c config-gen/target.h \
	config-gen/textdiff.c config-gen/textdiff.h \
	config-gen/tree.c config-gen/tree.h \
	config-gen/tree_share.c \
	config-gen/undo.c config-gen/undo.h \
	config-gen/unitfile.c config-gen/unitfile.h \
	config-gen/waiter.c config-gen/waiter.h \
	config-gen/wayin.c config-gen/wayin.h

sbin_PROGRAMS += config-gen/certgate
config_gen_certgate_SOURCES = \
	config-gen/cmd.c config-gen/cmd.h \
	config-gen/cmd_apply.c \
	config-gen/cmd_ca.c \
	config-gen/cmd_ca_fetch.c \
	config-gen/cmd_ca_list.c \
	config-gen/cmd_check.c \
	config-gen/cmd_client_config.c \
	config-gen/cmd_complete.c \
	config-gen/cmd_confirm.c \
	config-gen/cmd_doctor.c \
	config-gen/cmd_explain.c \
	config-gen/cmd_pam.c \
	config-gen/cmd_plan.c \
	config-gen/cmd_remove.c \
	config-gen/cmd_revoke.c \
	config-gen/cmd_rollback.c \
	config-gen/cmd_status.c \
	config-gen/cmd_table.c config-gen/cmd_table.h \
	config-gen/main.c
config_gen_certgate_LDADD = config-gen/libconfig-gen.a $(program_libs)
