# Shell completion.  Each names certgate by its path: a word that somebody
# types is never run.
completions = \
	packaging/completions/_certgate \
	packaging/completions/certgate.bash \
	packaging/completions/certgate.fish
EXTRA_DIST += $(completions:=.in)
CLEANFILES += $(completions)

make_completion = $(MKDIR_P) packaging/completions && \
	sed 's|[@]sbindir[@]|$(sbindir)|' $(srcdir)/$@.in >$@.new && mv $@.new $@

packaging/completions/_certgate: packaging/completions/_certgate.in Makefile
	$(AM_V_GEN)$(make_completion)
packaging/completions/certgate.bash: packaging/completions/certgate.bash.in \
		Makefile
	$(AM_V_GEN)$(make_completion)
packaging/completions/certgate.fish: packaging/completions/certgate.fish.in \
		Makefile
	$(AM_V_GEN)$(make_completion)

# bash-completion finds a file by the command's name.
all-local: $(completions)
install-data-local: install-completions
install-completions: $(completions)
	@$(NORMAL_INSTALL)
	set -e; test '$(bash_completion_dir)' = no || { \
		$(MKDIR_P) '$(DESTDIR)$(bash_completion_dir)'; \
		$(INSTALL_DATA) packaging/completions/certgate.bash \
			'$(DESTDIR)$(bash_completion_dir)/certgate'; }
	set -e; test '$(zsh_completion_dir)' = no || { \
		$(MKDIR_P) '$(DESTDIR)$(zsh_completion_dir)'; \
		$(INSTALL_DATA) packaging/completions/_certgate \
			'$(DESTDIR)$(zsh_completion_dir)/_certgate'; }
	set -e; test '$(fish_completion_dir)' = no || { \
		$(MKDIR_P) '$(DESTDIR)$(fish_completion_dir)'; \
		$(INSTALL_DATA) packaging/completions/certgate.fish \
			'$(DESTDIR)$(fish_completion_dir)/certgate.fish'; }

uninstall-local: uninstall-completions
uninstall-completions:
	@$(NORMAL_UNINSTALL)
	rm -f '$(DESTDIR)$(bash_completion_dir)/certgate' \
		'$(DESTDIR)$(zsh_completion_dir)/_certgate' \
		'$(DESTDIR)$(fish_completion_dir)/certgate.fish'
