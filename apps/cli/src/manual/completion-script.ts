/**
 * What a shell is told once, so that it asks this command for proposals.
 *
 * @module
 */

/** The shells. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** One of them. */
export type Shell = (typeof SHELLS)[number];

/** In place of a proposal: the shell is to propose files. No name has a slash. */
export const FILES = "/files";

const BASH = `# isthmus completions for bash: source it, or write it to
# ~/.local/share/bash-completion/completions/NAME
_NAME() {
  local IFS=$' \\t\\n' words line own partial prefix
  # By spaces alone, and without backslashes: bash itself also parts words at : and =
  read -a words <<< "\${COMP_LINE:0:COMP_POINT}"
  [[ \${COMP_LINE:0:COMP_POINT} == *[![:space:]] ]] || words+=("")
  partial=\${words[\${#words[@]}-1]}
  own=\${COMP_WORDS[COMP_CWORD]//\\\\/}
  [[ $own == [:=] ]] && own=
  prefix=\${partial%"$own"}
  COMPREPLY=()
  while IFS=$'\\t' read -r line _; do
    if [[ $line == FILES ]]; then
      compopt -o default
      return
    fi
    [[ $line == *= ]] && compopt -o nospace
    printf -v line %q "\${line#"$prefix"}"
    COMPREPLY+=("$line")
  done < <(PROGRAM completions bash -- "\${words[@]:1}" 2>/dev/null)
}
complete -F _NAME NAME
`;

const ZSH = `#compdef NAME
# isthmus completions for zsh: write it to a file _NAME in a directory of $fpath,
# or source it after compinit
_NAME() {
  local line
  local -a proposals
  for line in "\${(@f)$(PROGRAM completions zsh -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -z $line ]] && continue
    if [[ $line == FILES ]]; then
      _files
      return
    fi
    proposals+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe NAME proposals
}
if [[ \${funcstack[1]} == _NAME ]]; then
  _NAME "$@"
else
  compdef _NAME NAME
fi
`;

const FISH = `# isthmus completions for fish: write it to ~/.config/fish/completions/NAME.fish
function __NAME_proposals
    set -l words (commandline -opc) (commandline -ct)
    set -l lines (PROGRAM completions fish -- $words[2..-1] 2>/dev/null)
    if test "$lines" = FILES
        __fish_complete_path (commandline -ct)
    else
        printf '%s\\n' $lines
    end
end
complete -c NAME -f -a '(__NAME_proposals)'
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

/**
 * Writes the script for one shell.
 *
 * @param shell The shell.
 * @param program The program whose arguments are completed, as the shell finds it.
 * @returns The script, ending in a newline.
 */
export function completionScript(shell: Shell, program: string): string {
  return SCRIPTS[shell]
    .replaceAll("FILES", FILES)
    .replaceAll("PROGRAM", program)
    .replaceAll("NAME", program);
}
