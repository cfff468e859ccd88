/** Completion of `kubectl-loyalty` called by its own name, by shell. `kubectl loyalty` is completed by kubectl itself. */
export const scripts = {
  bash: `# kubectl-loyalty completion bash
_kubectl_loyalty() {
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD}") line directive=0 file
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :*) directive=\${line#:} ;;
      ?*) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done < <(kubectl-loyalty __complete "\${words[@]}" 2>/dev/null)
  # 4: no names of files.
  if ((directive == 0)); then
    while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}")
    compopt -o filenames 2>/dev/null
  fi
}
complete -F _kubectl_loyalty kubectl-loyalty
`,
  zsh: `#compdef kubectl-loyalty
# kubectl-loyalty completion zsh
_kubectl_loyalty() {
  local -a found
  local line directive=0
  while IFS= read -r line; do
    case $line in
      :*) directive=\${line#:} ;;
      ?*) found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
    esac
  done < <(kubectl-loyalty __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( \${#found} )) && _describe -V 'kubectl-loyalty' found
  (( directive == 0 )) && _files
}
if [ "$funcstack[1]" = _kubectl_loyalty ]; then _kubectl_loyalty "$@"; else compdef _kubectl_loyalty kubectl-loyalty; fi
`,
  fish: `# kubectl-loyalty completion fish
function __kubectl_loyalty
    set -l words (commandline -opc) (commandline -ct)
    set -l files yes
    for line in (kubectl-loyalty __complete $words[2..-1] 2>/dev/null)
        switch $line
            case ':4'
                set files no
            case ':*'
            case '*'
                echo $line
        end
    end
    if test $files = yes
        __fish_complete_path (commandline -ct)
    end
end
complete -c kubectl-loyalty -f -a '(__kubectl_loyalty)'
`,
} as const;

export type Shell = keyof typeof scripts;
export const shells = Object.keys(scripts) as Shell[];
