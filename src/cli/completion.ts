/** Completion scripts for shells, made from the program's own commands and options. */
import { Argument, Command } from "commander";
import type { CliContext } from "./context.ts";

/** `words` (`orrery nodes`) and what may come next: commands and options. */
interface Place {
  readonly words: string;
  readonly next: readonly string[];
}

export function completionCommand(context: CliContext): Command {
  return new Command("completion")
    .description("print a completion script: source <(orrery completion bash)")
    .addArgument(new Argument("<shell>").choices(["bash", "zsh", "fish"]))
    .action((shell: string, _options: object, command: Command) => {
      const root = command.parent ?? command;
      context.stdout.write(shell === "fish" ? fish(root) : bash(root, shell === "zsh"));
    });
}

function placesOf(command: Command, before = ""): Place[] {
  const words = `${before} ${command.name()}`.trim();
  const options = command.options.flatMap(({ long }) => long ?? []);
  const next = [...command.commands.map((child) => child.name()), ...options, "--help"];
  return [{ words, next }, ...command.commands.flatMap((child) => placesOf(child, words))];
}

function bash(root: Command, forZsh: boolean): string {
  const global = root.options.flatMap(({ long }) => long ?? []).join(" ");
  const cases = placesOf(root).map(({ words, next }) => `    "${words}") next="${next.join(" ")}" ;;`);
  return `${forZsh ? "autoload -U +X bashcompinit && bashcompinit\n" : ""}_orrery() {
  local word words="orrery" next=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ "$word" == -* ]] || case " ${commandNames(root).join(" ")} " in *" $word "*) words="$words $word" ;; esac
  done
  case "$words" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$next ${global}" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _orrery orrery
`;
}

function commandNames(root: Command): string[] {
  return root.commands.flatMap((command) => [command.name(), ...commandNames(command)]);
}

function fish(root: Command): string {
  const lines = root.commands.flatMap((command) => [
    `complete -c orrery -f -n __fish_use_subcommand -a ${command.name()} -d '${quoted(command)}'`,
    ...command.commands.map(
      (child) => `complete -c orrery -f -n '${seen(command)}' -a ${child.name()} -d '${quoted(child)}'`,
    ),
    ...[command, ...command.commands].flatMap((one) =>
      one.options.map(
        ({ long, description }) =>
          `complete -c orrery -n '${seen(command)}' -l ${long?.slice(2)} -d '${escaped(description)}'`,
      ),
    ),
  ]);
  return `${lines.join("\n")}\n`;
}

const seen = (command: Command) => `__fish_seen_subcommand_from ${command.name()}`;
const escaped = (text: string) => text.replaceAll("'", "\\'");
const quoted = (command: Command) => escaped(command.description());
