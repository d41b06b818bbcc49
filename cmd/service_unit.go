package cmd

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// unitOf is what a service is made of.
type unitOf struct {
	mode     string        // the command that it runs: watch, work, or sync by a timer
	every    time.Duration // of a timer; 0: none
	program  string        // absolute
	config   string        // absolute
	stateDir string        // that is written to; "" for a database elsewhere
	user     bool          // of the user's own systemd
	account  string        // that a system's service runs as; "" for a dynamic user, who owns the state's directory below /var/lib
	grace    time.Duration // that the records in hand have
	memory   string
}

// name is the unit's without its ending.
func (u unitOf) name() string { return "connector-" + u.mode }

// files are the units by their names, each with a line that tells whether it was edited since.
func (u unitOf) files() map[string]string {
	all := map[string]string{u.name() + ".service": signed(u.service())}
	if u.every > 0 {
		all[u.name()+".timer"] = signed(u.timer())
	}
	return all
}

// enabled is the unit that is enabled and started.
func (u unitOf) enabled() string {
	if u.every > 0 {
		return u.name() + ".timer"
	}
	return u.name() + ".service"
}

func (u unitOf) service() string {
	var b strings.Builder
	b.WriteString("[Unit]\nDescription=connector " + u.mode + ": external systems in step with Odoo\n" +
		"Documentation=https://github.com/odoo-connector/connector\nWants=network-online.target\nAfter=network-online.target\n")
	if u.every == 0 { // one who is down for long is tried for ever
		b.WriteString("StartLimitIntervalSec=0\n")
	}
	b.WriteString("\n[Service]\n" + u.running() + u.hardening())
	if u.every == 0 {
		b.WriteString("\n[Install]\nWantedBy=" + u.target() + "\n")
	}
	return b.String()
}

// target is what the service is started with.
func (u unitOf) target() string {
	if u.user {
		return "default.target"
	}
	return "multi-user.target"
}

// running says how the program is started, watched and stopped. A usage error and denied credentials are not tried again: nobody but
// a person can mend them.
func (u unitOf) running() string {
	kind := "Type=exec\n"
	switch {
	case u.every > 0:
		kind = "Type=oneshot\n"
	case u.mode == "watch":
		kind = "Type=notify\nNotifyAccess=main\nWatchdogSec=10min\n"
	}
	lines := kind + "ExecStart=" + unitWord(u.program) + " --config " + unitWord(u.config) + " " + u.arguments() + "\n" +
		"WorkingDirectory=" + strings.ReplaceAll(filepath.Dir(u.config), "%", "%%") + "\n"
	if u.every > 0 { // what waits is not what failed: jobs that failed, another run, a server that is down come right by the next run
		return lines + "SuccessExitStatus=3 5 11 130 143\n" + "TimeoutStopSec=" + seconds(u.grace+30*time.Second) + "\n"
	}
	return lines + "Restart=on-failure\nRestartSec=10\nRestartPreventExitStatus=2 4\nSuccessExitStatus=130 143\n" +
		"TimeoutStopSec=" + seconds(u.grace+30*time.Second) + "\n"
}

func (u unitOf) arguments() string {
	if u.every > 0 {
		return "sync"
	}
	return u.mode
}

// hardening leaves the program the network, its configuration and the directory of the state.
func (u unitOf) hardening() string {
	lines := "UMask=0077\nNoNewPrivileges=yes\nMemoryMax=" + u.memory + "\nTasksMax=128\n"
	if u.user { // what needs rights that a user's systemd lacks is left out
		return lines + "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6\nRestrictRealtime=yes\nLockPersonality=yes\nSystemCallArchitectures=native\n"
	}
	switch below, found := strings.CutPrefix(u.stateDir, "/var/lib/"); {
	case u.account != "":
		lines += "User=" + u.account + "\n"
	case found:
		lines += "DynamicUser=yes\nStateDirectory=" + unitWord(below) + "\n"
	default:
		lines += "DynamicUser=yes\n"
	}
	if u.stateDir != "" && u.account != "" {
		lines += "ReadWritePaths=" + unitWord(u.stateDir) + "\n"
	}
	if !strings.HasPrefix(u.stateDir+"/", "/tmp/") && !strings.HasPrefix(u.stateDir+"/", "/var/tmp/") { // it would not be seen
		lines += "PrivateTmp=yes\n"
	}
	return lines + `ProtectSystem=strict
ProtectHome=read-only
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
CapabilityBoundingSet=
AmbientCapabilities=
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
`
}

// timer runs the service again and again, also after the machine was off.
func (u unitOf) timer() string {
	return "[Unit]\nDescription=connector " + u.mode + " every " + u.every.String() + "\n\n[Timer]\nOnBootSec=1min\nOnUnitInactiveSec=" + seconds(u.every) +
		"\nRandomizedDelaySec=" + seconds(u.every/20) + "\nAccuracySec=1s\n\n[Install]\nWantedBy=timers.target\n"
}

func seconds(d time.Duration) string { return fmt.Sprintf("%ds", max(1, int(d.Seconds()))) }

// unitWord is a word of a unit's line: blanks, quotes and systemd's specifiers stand for themselves.
func unitWord(word string) string {
	word = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%", "$", "$$").Replace(word)
	if strings.ContainsAny(word, " \t'\"\\;") {
		return `"` + word + `"`
	}
	return word
}

const signature = "# Written by `connector service install`, which writes it anew only while this line fits the rest: "

// signed puts a line before a unit's text by which it is known whether somebody edited it.
func signed(text string) string { return signature + digest(text) + "\n" + text }

// untouched tells whether a unit's text is as it was written.
func untouched(text string) bool {
	first, rest, _ := strings.Cut(text, "\n")
	sum, ours := strings.CutPrefix(first, signature)
	return ours && sum == digest(rest)
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// crontab are the lines for those without systemd.
func (u unitOf) crontab() string {
	command := shellQuoted(u.program) + " --config " + shellQuoted(u.config) + " "
	if u.every > 0 {
		return cronTimes(u.every) + " " + command + "--quiet --wait 1m sync\n"
	}
	// Whoever works already has the lock of this line, so each minute a new one is begun only where the last one ended.
	lock := shellQuoted(filepath.Join(u.lockDir(), u.name()+".lock"))
	return "* * * * * flock --nonblock " + lock + " " + command + u.mode + " --quiet\n"
}

func (u unitOf) lockDir() string {
	if u.stateDir != "" {
		return u.stateDir
	}
	return filepath.Dir(u.config)
}

// cronTimes are the five fields for an interval, as near as a crontab can come.
func cronTimes(every time.Duration) string {
	switch minutes := max(1, int(every.Minutes())); {
	case minutes == 1:
		return "* * * * *"
	case minutes < 60:
		return fmt.Sprintf("*/%d * * * *", minutes)
	case minutes < 24*60:
		return fmt.Sprintf("0 */%d * * *", minutes/60)
	default:
		return "0 3 * * *"
	}
}

// shellQuoted is a word of a crontab's line, where % stands for a new line unless it is escaped.
func shellQuoted(word string) string {
	if strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@+,=") == "" {
		return word
	}
	return "'" + strings.NewReplacer("'", `'\''`, "%", `\%`).Replace(word) + "'"
}
