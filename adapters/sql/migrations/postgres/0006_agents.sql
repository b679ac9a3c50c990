-- A session may be handed to an agent: a program that acts for the person.
ALTER TABLE sessions ADD COLUMN agent_name TEXT;
ALTER TABLE sessions ADD COLUMN agent_live BOOLEAN;
ALTER TABLE sessions ADD CHECK ((agent_live IS NULL) = (agent_name IS NULL));
