// Imported before all else, this has the server compress what a client offers to have compressed.

process.env.PER_MESSAGE_DEFLATE = "1";
