import { z } from "zod";

export const EmailMessage = z.object({ mailId: z.string() });
