-- Set on messages that were made for one endpoint, as a test is: the only one they are ever sent to.
ALTER TABLE messages ADD COLUMN only_for {name};
