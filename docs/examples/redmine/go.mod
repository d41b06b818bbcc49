module example.com/tracker

go 1.26.0

require github.com/odoo-connector/connector v0.0.0

replace github.com/odoo-connector/connector => ../../..
