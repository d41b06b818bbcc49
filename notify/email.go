package notify

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/smtp"
	"strings"
	"time"

	"github.com/odoo-connector/connector/config"
)

// sendEmail gives a letter to a mail server.
func sendEmail(ctx context.Context, e config.Email, m Message) (err error) {
	host, _, err := net.SplitHostPort(e.Server)
	if err != nil {
		return err
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", e.Server)
	if err != nil {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline) // a connection that is broken says so below
	}
	if e.Security == "tls" {
		conn = tls.Client(conn, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12})
	}
	client, err := smtp.NewClient(conn, host)
	if err != nil {
		return errors.Join(mailError(err), conn.Close())
	}
	defer func() { _ = client.Close() }() // after Quit there is nothing to close
	if e.Security == "starttls" {
		if has, _ := client.Extension("STARTTLS"); !has {
			return fmt.Errorf("the mail server %s offers no STARTTLS; give security: tls, or none", e.Server)
		}
		if err := client.StartTLS(&tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}); err != nil {
			return mailError(err)
		}
	}
	if err := login(ctx, client, host, e); err != nil {
		return err
	}
	return mailError(deliver(client, e, letter(e, m, time.Now())))
}

// login does so where the configuration gives a username. The password goes over an encrypted connection, or to this machine.
func login(ctx context.Context, client *smtp.Client, host string, e config.Email) error {
	if e.Username == "" {
		return nil
	}
	password, err := e.Password.Reveal(ctx)
	if err != nil {
		return err
	}
	if err := client.Auth(smtp.PlainAuth("", e.Username, password, host)); err != nil {
		return fmt.Errorf("the mail server %s didn't let %s in: %w", e.Server, e.Username, mailError(err))
	}
	return nil
}

func deliver(client *smtp.Client, e config.Email, letter []byte) error {
	if err := client.Mail(e.From); err != nil {
		return err
	}
	for _, to := range e.To {
		if err := client.Rcpt(to); err != nil {
			return fmt.Errorf("%s: %w", to, err)
		}
	}
	w, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(letter); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return client.Quit()
}

// mailError makes one line of what a server said.
func mailError(err error) error {
	if err == nil || !strings.Contains(err.Error(), "\n") {
		return err
	}
	return errors.New(oneLine(err.Error()))
}

// letter writes the message as a letter that other programs don't answer.
func letter(e config.Email, m Message, now time.Time) []byte {
	var b bytes.Buffer
	var id [12]byte
	_, _ = rand.Read(id[:]) // never fails: it ends the program instead
	for _, header := range [][2]string{
		{"From", e.From}, {"To", strings.Join(e.To, ", ")}, {"Subject", mime.QEncoding.Encode("utf-8", oneLine(m.Subject))},
		{"Date", now.Format(time.RFC1123Z)}, {"Message-ID", fmt.Sprintf("<%x@%s>", id, e.From[strings.LastIndexByte(e.From, '@')+1:])},
		{"Auto-Submitted", "auto-generated"}, {"MIME-Version", "1.0"}, {"Content-Type", "text/plain; charset=utf-8"},
		{"Content-Transfer-Encoding", "quoted-printable"},
	} {
		b.WriteString(header[0] + ": " + header[1] + "\r\n")
	}
	b.WriteString("\r\n")
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write([]byte(strings.ReplaceAll(m.Text(), "\n", "\r\n"))) // into memory
	_ = w.Close()
	return b.Bytes()
}
