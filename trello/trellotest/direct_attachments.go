package trellotest

import "slices"

// Attachment is an attachment's data. A link has no Bytes, no Data and no FileName.
type Attachment struct {
	ID, Name, FileName, MimeType, URL string
	Bytes                             int64
	IsUpload                          bool
	Pos                               float64
	// Data are the bytes of a file, except of one that was seeded by its size.
	Data []byte
}

func (a *attachment) public(c *card) Attachment {
	return Attachment{
		ID: a.ID, Name: a.Name, FileName: a.FileName, MimeType: a.MimeType, URL: a.address(trelloOrigin, c),
		Bytes: a.Bytes, IsUpload: a.IsUpload, Pos: a.Pos, Data: slices.Clone(a.data),
	}
}

// Attachments returns a card's attachments in the order in which they came.
func (s *Server) Attachments(cardID string) []Attachment {
	return look(s, func(st *state) []Attachment {
		c := must(st.findCard(cardID))
		all := make([]Attachment, len(c.attachments))
		for i, a := range c.attachments {
			all[i] = a.public(c)
		}
		return all
	})
}

// AddFile attaches a file; the name may be anything, folders included.
func (s *Server) AddFile(cardID, name, mimeType string, data []byte) Attachment {
	return s.attach(cardID, &attachment{
		Name: name, FileName: safeName(name), MimeType: mimeType, IsUpload: true, Bytes: int64(len(data)), data: slices.Clone(data),
	})
}

// AddFileOfSize attaches a file of so many bytes without holding them: a download gives the letters a to z, over and over.
func (s *Server) AddFileOfSize(cardID, name, mimeType string, size int64) Attachment {
	return s.attach(cardID, &attachment{Name: name, FileName: safeName(name), MimeType: mimeType, IsUpload: true, Bytes: size})
}

// AddLink attaches the address of something elsewhere.
func (s *Server) AddLink(cardID, name, address string) Attachment {
	return s.attach(cardID, &attachment{Name: orText(name, address), URL: address})
}

func (s *Server) attach(cardID string, a *attachment) (added Attachment) {
	s.change(func(st *state) {
		c := must(st.findCard(cardID))
		added = st.addAttachment(c, a).public(c)
	})
	return added
}

// DeleteAttachment takes an attachment off its card for good.
func (s *Server) DeleteAttachment(cardID, id string) {
	s.change(func(st *state) {
		c := must(st.findCard(cardID))
		i := slices.IndexFunc(c.attachments, func(a *attachment) bool { return a.ID == id })
		if i < 0 {
			panic("trellotest: the card has no such attachment")
		}
		st.dropAttachment(c, c.attachments[i])
	})
}
