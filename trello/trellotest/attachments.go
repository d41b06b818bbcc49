package trellotest

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// attachment is a file or a link of a card.
type attachment struct {
	ID, IDMember, Name, FileName, MimeType string
	URL                                    string // of a link; a file's is made when it is asked for
	Bytes                                  int64
	Pos                                    float64
	Date                                   time.Time
	IsUpload                               bool
	data                                   []byte // what was uploaded; a file seeded by its size alone has none
}

// maxAttachment is the largest file unless Options say otherwise: 10 MB in a free workspace, 250 MB in a paid one (Trello's help, "Adding
// attachments to cards").
const maxAttachment = 10 << 20

// upload is a file of a multipart body.
type upload struct {
	Name     string `json:"name"`
	MimeType string `json:"mimeType,omitempty"`
	Data     []byte `json:"data"`
}

// content is a body that is not JSON: the bytes of a file.
type content struct {
	mimeType string
	size     int64
	bytes    io.Reader
}

// redirect sends a client elsewhere.
type redirect struct{ location string }

func (st *state) addAttachment(c *card, a *attachment) *attachment {
	a.ID, a.IDMember, a.Date = st.newID(), st.members[0].ID, st.now
	others := make([]float64, 0, len(c.attachments))
	for _, other := range c.attachments {
		others = append(others, other.Pos)
	}
	a.Pos = place("bottom", others)
	c.attachments = append(c.attachments, a)
	st.recordAttachment(c, "addAttachmentToCard", a)
	return a
}

// recordAttachment records that one came or went (Trello's documentation, "Action types"). A file that went has no address any more.
func (st *state) recordAttachment(c *card, kind string, a *attachment) {
	ref := object{{"id", a.ID}, {"name", a.Name}}
	if kind == "addAttachmentToCard" {
		ref = ref.with("url", a.address(trelloOrigin, c))
	}
	data := append(object{{"attachment", ref}}, st.cardData(c)...)
	st.record(st.boardsByID[c.IDBoard], &action{kind: kind, card: c.ID, lists: []string{c.IDList}, data: data})
	st.touch(c)
}

// trelloOrigin is where files are downloaded from (captures/trello/can_add_a_file_on_a_card_with_farady, of 2023).
const trelloOrigin = "https://trello.com"

// address is a link's own, or where a file can be downloaded.
func (a *attachment) address(origin string, c *card) string {
	if !a.IsUpload {
		return a.URL
	}
	return origin + "/1/cards/" + c.ID + "/attachments/" + a.ID + "/download/" + url.PathEscape(a.FileName)
}

// originFor is Trello's, but the server's own where it was reached over loopback: there a foreign client can download too.
func originFor(r *http.Request) string {
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	if ip := net.ParseIP(name); name == "localhost" || ip != nil && ip.IsLoopback() {
		return "http://" + host
	}
	return trelloOrigin
}

// attachmentTable has the fields of captures/trello/can_add_a_file_on_a_card_with_farady. A link has no size (a choice), and images no
// previews here.
func attachmentTable(origin string, c *card) []field[*attachment] {
	return []field[*attachment]{
		{"id", func(a *attachment) any { return a.ID }},
		{"bytes", func(a *attachment) any {
			if !a.IsUpload {
				return nil
			}
			return int(a.Bytes)
		}},
		{"date", func(a *attachment) any { return a.Date }},
		{"edgeColor", func(*attachment) any { return nil }},
		{"idMember", func(a *attachment) any { return a.IDMember }},
		{"isUpload", func(a *attachment) any { return a.IsUpload }},
		{"mimeType", func(a *attachment) any { return a.MimeType }},
		{"name", func(a *attachment) any { return a.Name }},
		{"previews", func(*attachment) any { return array{} }},
		{"url", func(a *attachment) any { return a.address(origin, c) }},
		{"pos", func(a *attachment) any { return a.Pos }},
		{"fileName", func(a *attachment) any { return orNull(a.FileName) }},
	}
}

func (c *call) renderAttachments(fields, filter string, k *card) []object {
	kept := keepAll(k.attachments, func(a *attachment) bool { return filter != "cover" || a.ID == k.IDAttachmentCover })
	return renderAll(choose(c, attachmentTable(c.origin, k), fields, everything), kept)
}

func (c *call) cardAttachments() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	return c.renderAttachments(c.p["fields"], c.p["filter"], k), nil
}

func (c *call) attachment() (*card, *attachment, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, nil, err
	}
	for _, a := range k.attachments {
		if a.ID == c.arg(1) {
			return k, a, nil
		}
	}
	return nil, nil, missing(c.arg(1))
}

func (c *call) getAttachment() (any, error) {
	k, a, err := c.attachment()
	if err != nil {
		return nil, err
	}
	return render(choose(c, attachmentTable(c.origin, k), c.p["fields"], everything), a), nil
}

// postAttachment takes a file as multipart/form-data or the address of a link (captures/trello/can_add_a_file_on_a_card and
// can_add_a_file_from_url_on_a_card; today a link to an image stays a link).
func (c *call) postAttachment() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	file, uploaded := c.files["file"]
	link, linked := c.p.given("url")
	a := &attachment{Name: c.p["name"], MimeType: c.p["mimeType"]}
	switch {
	case uploaded && int64(len(file.Data)) > c.maxFile():
		return nil, &apiError{status: http.StatusRequestEntityTooLarge, text: "Payload Too Large"}
	case uploaded:
		a.take(file)
	case linked && isWebAddress(link):
		a.URL, a.Name = link, orText(a.Name, link)
	case linked:
		return nil, invalid("url")
	default:
		return nil, bad("Must provide either url or file")
	}
	if len(k.attachments) >= maxPage { // attachments.perCard of Trello's limits
		return nil, &apiError{status: http.StatusForbidden, text: "ATTACHMENTS_PER_CARD_LIMIT_EXCEEDED"}
	}
	c.addAttachment(k, a)
	if c.p.flag("setCover", false) {
		k.IDAttachmentCover = a.ID
	}
	return render(attachmentTable(c.origin, k), a).with("limits", object{}), nil
}

// take makes the attachment a file.
func (a *attachment) take(file upload) {
	a.IsUpload, a.data, a.Bytes = true, file.Data, int64(len(file.Data))
	a.Name, a.MimeType = orText(a.Name, file.Name), orText(a.MimeType, file.MimeType)
	a.FileName = safeName(file.Name)
}

// isWebAddress: Trello keeps links with http and https only (the message of its web client; a choice for the API).
func isWebAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// safeName is the name in a file's address: what is neither letter, digit, point, hyphen nor underscore is an underscore
// (captures/trello/can_get_attachments: "Hello_Web_Series__28Wordmark_29_Logo.png" of "…%28Wordmark%29…"), and folders are left out.
func safeName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	safe := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r) {
			return r
		}
		return '_'
	}, name)
	return orText(safe, "file")
}

func (c *call) maxFile() int64 {
	if n := c.server.options.MaxAttachment; n > 0 {
		return n
	}
	return maxAttachment
}

// deleteAttachment answers as captures/trello/can_remove_an_attachment_on_a_card.
func (c *call) deleteAttachment() (any, error) {
	k, a, err := c.attachment()
	if err != nil {
		return nil, err
	}
	c.dropAttachment(k, a)
	return object{{"limits", object{}}}, nil
}

func (st *state) dropAttachment(k *card, a *attachment) {
	k.attachments = slices.DeleteFunc(k.attachments, func(x *attachment) bool { return x == a })
	if k.IDAttachmentCover == a.ID {
		k.IDAttachmentCover = ""
	}
	st.recordAttachment(k, "deleteAttachmentFromCard", a)
}

// download gives a file's bytes, on trello.com and on api.trello.com alike. It takes the credentials from the Authorization header only
// (Trello's changelog, "Authenticated access to attachments", of 2021).
func (c *call) download() (any, error) {
	_, a, err := c.attachment()
	if err != nil {
		return nil, err
	}
	if !a.IsUpload {
		return nil, notFound()
	}
	if c.server.options.RedirectDownloads {
		return redirect{storage + "/" + a.ID + "/" + a.FileName + "?X-Amz-Signature=0"}, nil
	}
	return a.content(), nil
}

func (a *attachment) content() content {
	mimeType := orText(a.MimeType, "application/octet-stream")
	if int64(len(a.data)) == a.Bytes {
		return content{mimeType, a.Bytes, strings.NewReader(string(a.data))}
	}
	return content{mimeType, a.Bytes, &pattern{left: a.Bytes}}
}

// pattern is the content of a file that was seeded by its size: the letters a to z, over and over.
type pattern struct{ at, left int64 }

// Read implements io.Reader.
func (p *pattern) Read(b []byte) (int, error) {
	if p.left == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(b)), p.left))
	for i := range n {
		b[i] = byte('a' + (p.at+int64(i))%26)
	}
	p.at, p.left = p.at+int64(n), p.left-int64(n)
	return n, nil
}

// storage is where Trello keeps files; an address there carries a signature and takes no other credential.
const storage = "https://trello-attachments.s3.amazonaws.com"

// stored answers for the storage: a signed address and an Authorization header together are refused, as Amazon S3's documentation says
// of two ways to authenticate at once.
func (s *Server) stored(r *http.Request) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Header.Get("Authorization") != "" {
		s.violations = append(s.violations, "credentials were sent to "+r.URL.Host)
		return answer{status: http.StatusBadRequest, contentType: "application/xml", body: []byte("<Error><Code>InvalidArgument</Code></Error>")}
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	for _, k := range s.state.cards {
		for _, a := range k.attachments {
			if a.ID == id {
				return streamed(a.content())
			}
		}
	}
	return answer{status: http.StatusForbidden, contentType: "application/xml", body: []byte("<Error><Code>AccessDenied</Code></Error>")}
}

// isStorage says whether a request goes to the storage.
func isStorage(r *http.Request) bool { return "https://"+r.URL.Host == storage }
